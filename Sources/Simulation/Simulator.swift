internal import Attestation
internal import Federation
internal import Ledger
package import Runs
internal import Tensors

/// Runs a federation on one machine: the deployed round engine, ledger and aggregation, a virtual clock, and simulated
/// participants that really train.
///
/// Everything that decides is a function of the scenario; threads and the wall clock change nothing but the time it
/// takes. Not Sendable: one thread drives it, and its workers are inside.
package final class Simulator {
    /// What is scheduled in the simulated world.
    enum WorldEvent {
        case arrival(ticket: UInt64)
        case deadline(round: UInt32)
    }

    /// How a run is watched and stopped from outside.
    package struct Observer {
        /// Called after each round.
        package let roundEnded: (RoundSummary) -> Void
        /// Asked between events; true stops the run in good order.
        package let isCancelled: () -> Bool

        package init(roundEnded: @escaping (RoundSummary) -> Void, isCancelled: @escaping () -> Bool) {
            self.roundEnded = roundEnded
            self.isCancelled = isCancelled
        }
    }

    let scenario: Scenario
    let federation: PreparedFederation
    let threads: Int
    let observer: Observer
    let journal: Journal
    let aggregator: RoundAggregator
    let workshop: ContributionWorkshop
    let network: SimulatedNetwork
    let recorder: RunRecorder
    var engine: RoundEngine
    var blobs: BlobStore
    var clock: VirtualClock<WorldEvent>
    /// Events that follow at once from effects, in order.
    var followUps: [RoundEvent] = []
    /// Entries that are proposed and not yet durable; flushed before anybody acts on them.
    var proposed: [Proposal] = []
    /// The terms that the ledger has of the task.
    let terms: TaskTerms
    /// Exact metrics and scores of each aggregated round, revealed at the close.
    var scoredRounds: [UInt32: WithheldScores] = [:]
    private var hasFinished = false

    /// When the simulated world begins: 2026-01-01T00:00:00Z.
    static let epochMs: UInt64 = 1_767_225_600_000

    /// Prepares a run: opens the ledger in the run folder with genesis, participants, task and escrow.
    ///
    /// - Parameters:
    ///   - federation: the scenario with its data dealt out.
    ///   - folder: a fresh run folder.
    ///   - threads: most threads to use; the results do not depend on it.
    package init(
        federation: PreparedFederation, folder: RunFolder, threads: Int, observer: Observer
    ) throws {
        self.federation = federation
        scenario = federation.scenario
        self.threads = threads
        self.observer = observer
        let parts = try FederationOpening.open(federation, folder: folder, timeMs: Self.epochMs, threads: threads)
        journal = parts.journal
        aggregator = parts.aggregator
        engine = parts.engine
        terms = parts.terms
        blobs = try BlobStore(
            folder, rule: scenario.retention, diskBudgetBytes: UInt64(scenario.diskBudgetByteCount))
        clock = VirtualClock(nowMs: Self.epochMs)
        network = SimulatedNetwork(scenario: scenario, blobByteCount: parts.blob.byteCount)
        workshop = try ContributionWorkshop(
            federation: federation, taskID: parts.taskID, blob: parts.blob, threads: threads)
        recorder = try RunRecorder(federation: federation, folder: folder, blobByteCount: parts.blob.byteCount)
        try store(model: aggregator.model, digest: engine.model, round: 0)
    }

    /// Runs all rounds.
    ///
    /// - Returns: the run's summary, also written to the run folder with the model, the report and the manifest.
    /// - Throws: `SimulationError` with code `interrupted` after a clean stop; errors of the parts otherwise. Whatever
    ///   is thrown, the ledger in the folder verifies up to its last entry.
    package func run() throws -> RunSummary {
        do {
            try handle(.start)
            while !hasFinished {
                if observer.isCancelled() { throw SimulationError(.interrupted, "stopped after round \(engine.round)") }
                guard let event = clock.next() else {
                    throw SimulationError(.underlying, "nothing is left to happen before the last round")
                }
                switch event {
                case .arrival(let ticket): try deliver(ticket)
                case .deadline(let round): try handle(.deadlinePassed(round: round))
                }
            }
        } catch {
            try? flush()
            // Where the run cannot be finished, at least what is in the write-ahead log goes into the ledger's file.
            if (try? finishRun()) == nil { try? journal.close() }
            throw error
        }
        return try finishRun()
    }

    /// Gives an event to the engine and does what it answers, and what follows from that.
    func handle(_ event: RoundEvent) throws {
        followUps.append(event)
        while !followUps.isEmpty {
            let next = followUps.removeFirst()
            for effect in engine.handle(next, atMs: clock.nowMs) { try perform(effect) }
        }
    }

    private func perform(_ effect: RoundEffect) throws {
        switch effect {
        case .record(let body): try record(body)
        case .recordDue: try recordDue()
        case .invite(let invitation): try invite(invitation)
        case .setTimer(let round, let atMs): clock.schedule(.deadline(round: round), atMs: atMs + 1)
        case .check(let ticket, _, _):
            followUps.append(.checked(ticket: ticket, verdict: workshop.verdict(on: ticket)))
        case .fold(let contribution): try fold(contribution)
        case .refuse(let ticket, let reason, let detail):
            try recorder.refused(
                workshop.assignment(of: ticket), reason: reason, detail: detail, atMs: clock.nowMs)
            workshop.forget(ticket)
        case .aggregate(let round, let accepted): try aggregate(round, accepted)
        case .abandon(let round):
            aggregator.abandon()
            workshop.forget(round: round)
            try keepModels(through: Int(round))
        case .finish(let rounds, let model, let reason):
            try close(rounds: rounds, model: model, reason: reason)
            hasFinished = true
        }
    }
}
