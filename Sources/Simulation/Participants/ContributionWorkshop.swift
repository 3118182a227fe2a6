import Aggregation
import Attestation
import Federation
import Ledger
import Synchronization
import Tensors
import Training

/// Where simulated participants make their contributions, a few ahead of their arrival and several at once, and where
/// the coordinator's checks of them run.
///
/// Owned by the simulator's thread; its workers live only inside `contribution(_:)`.
final class ContributionWorkshop {
    /// One answer that is on its way.
    struct Assignment {
        let participant: SimulatedParticipant
        let state: PublicState
        let baseModel: Digest
        let ledgerRoot: Digest
        /// Digest of the participant's last accepted statement when it was invited: an answer must not depend on when
        /// its worker gets to it.
        let previous: Digest
        /// The ticket whose contribution this repeats, if it is a second copy.
        let original: UInt64?
    }

    /// A contribution as made, and what the coordinator's check of it gave.
    struct Made: Sendable {
        let contribution: SignedContribution
        let check: Result<CheckedUpdate, ContributionFault>
    }

    let taskID: Digest
    let blob: ParameterBlob
    private let federation: PreparedFederation
    private let threads: Int
    private let verifier: UpdateVerifier
    private let makers: [UpdateMaker]
    private var assignments: [UInt64: Assignment] = [:]
    private var made: [UInt64: Made] = [:]
    /// Tickets in order of arrival whose contributions are still to be made; second copies are not among them.
    private var expected: [UInt64] = []
    /// Tickets that have not arrived yet, whether made ahead or not.
    private var underway: Set<UInt64> = []
    /// Tickets whose second copies have not arrived yet.
    private var toRepeat: Set<UInt64> = []
    private var nextTicket: UInt64 = 1
    /// What was public when the last round opened.
    private var latestState: PublicState?
    /// Digest of each participant's last accepted statement, as the public ledger shows it.
    private var lastAccepted: [ParticipantNumber: Digest] = [:]

    init(federation: PreparedFederation, taskID: Digest, blob: ParameterBlob, threads: Int) throws(TrainingError) {
        self.federation = federation
        self.taskID = taskID
        self.blob = blob
        self.threads = threads
        verifier = UpdateVerifier(blob: blob, grid: federation.scenario.task.grid)
        var makers: [UpdateMaker] = []
        for _ in 0..<threads {
            makers.append(
                try UpdateMaker(
                    task: federation.scenario.task, examples: federation.train,
                    leaked: LeakedSecrets(
                        participants: federation.participants, validation: federation.sets.validation)))
        }
        self.makers = makers
    }

    /// What participants know when a round opens, with the models that the rounds before started from.
    ///
    /// - Parameter boundSquared: the round's bound, in squares of the grid's unit; nil where weights are claimed.
    func publicState(round: UInt32, model: SharedParameterSet, boundSquared: UInt128?) -> PublicState {
        let unit = Double(federation.scenario.task.grid.step)
        let bound = boundSquared.map { Double($0).squareRoot() * unit }
        let state =
            latestState?.next(round: round, model: model, bound: bound)
            ?? PublicState(round: round, model: model, earlierModels: [], bounds: bound.map { [$0] } ?? [])
        latestState = state
        return state
    }

    /// Gives a participant the round's work; its ticket names the answer.
    func assign(
        _ participant: SimulatedParticipant, state: PublicState, baseModel: Digest, ledgerRoot: Digest
    ) -> UInt64 {
        defer { nextTicket += 1 }
        assignments[nextTicket] = Assignment(
            participant: participant, state: state, baseModel: baseModel, ledgerRoot: ledgerRoot,
            previous: lastAccepted[participant.number] ?? .zero, original: nil)
        return nextTicket
    }

    /// A second copy of an answer.
    func assignRepeat(of ticket: UInt64) -> UInt64 {
        defer { nextTicket += 1 }
        let first = assignments[ticket]
        toRepeat.insert(ticket)
        assignments[nextTicket] = first.map {
            Assignment(
                participant: $0.participant, state: $0.state, baseModel: $0.baseModel, ledgerRoot: $0.ledgerRoot,
                previous: $0.previous, original: ticket)
        }
        return nextTicket
    }

    /// Says in which order the answers will arrive.
    func expect(_ tickets: [UInt64]) {
        underway.formUnion(tickets)
        expected += tickets.filter { assignments[$0]?.original == nil }
    }

    /// Whose answer a ticket names.
    func assignment(of ticket: UInt64) -> Assignment? { assignments[ticket] }

    /// The contribution that arrives under a ticket; makes it, and the next few, if it is not made yet.
    func contribution(_ ticket: UInt64) throws -> SignedContribution {
        underway.remove(ticket)
        if let original = assignments[ticket]?.original { toRepeat.remove(original) }
        if made[ticket] == nil { try makeAhead(of: ticket) }
        guard let found = made[ticket] else {
            throw SimulationError(.underlying, "no contribution was made for ticket \(ticket)")
        }
        return found.contribution
    }

    /// The coordinator's verdict on a contribution.
    func verdict(on ticket: UInt64) -> UpdateVerdict {
        switch made[ticket]?.check {
        case .success(let update): .sound(squaredNorm: update.squaredNorm)
        case .failure(let fault): .refused(fault.reason, detail: fault.detail)
        case nil: .refused(.malformed, detail: "no update came with the statement")
        }
    }

    /// The update of a contribution that passed its check.
    func checkedUpdate(of ticket: UInt64) -> CheckedUpdate? {
        try? made[ticket]?.check.get()
    }

    /// Notes that a contribution was accepted.
    func accepted(_ ticket: UInt64) {
        guard let found = made[ticket], let assignment = assignments[ticket] else { return }
        lastAccepted[assignment.participant.number] = found.contribution.digest
    }

    /// Lets go of an accepted update's memory; its second copy, if any, is refused by its statement alone.
    func release(_ ticket: UInt64) {
        guard let found = made[ticket] else { return }
        made[ticket] = Made(
            contribution: found.contribution,
            check: .failure(ContributionFault(.duplicate, "the participant's contribution is in already")))
    }

    /// Forgets one answer that has arrived, unless a second copy of it is on its way.
    func forget(_ ticket: UInt64) {
        guard !toRepeat.contains(ticket) else { return release(ticket) }
        made[ticket] = nil
        let original = assignments.removeValue(forKey: ticket)?.original
        if let original, !underway.contains(original) { forget(original) }
    }

    /// Forgets what is left of a round, except answers that are still on their way.
    func forget(round: UInt32) {
        let kept = underway.union(toRepeat)
        let over = assignments.filter { $0.value.state.round == round && !kept.contains($0.key) }.map(\.key)
        for ticket in over { forget(ticket) }
    }

    /// Makes the contribution of a ticket and of those that arrive next in the same round, one worker each.
    private func makeAhead(of ticket: UInt64) throws {
        guard let wanted = assignments[ticket] else { return }
        if let original = wanted.original {
            made[ticket] = made[original]
            if made[ticket] == nil { try makeAhead(of: original) }
            made[ticket] = made[ticket] ?? made[original]
            return
        }
        let limit = threads * SimulationLimits.updatesAheadPerThread
        var batch = [ticket]
        for next in expected where next != ticket && batch.count < limit {
            guard let assignment = assignments[next], assignment.original == nil, made[next] == nil,
                assignment.state.round == wanted.state.round
            else { continue }
            batch.append(next)
        }
        let jobs = batch.compactMap { assignments[$0] }
        let results = Mutex<[Int: Result<Made, any Error>]>([:])
        nonisolated(unsafe) let makers = makers  // each worker number is used by one thread at a time
        nonisolated(unsafe) let workshop = self  // read only: what `make` touches is never changed
        WorkSplit.forEachItem(of: jobs.count, threads: threads) { item, worker in
            let outcome = Result {
                try workshop.make(jobs[item], with: makers[worker])
            }
            results.withLock { $0[item] = outcome }
        }
        let outcomes = results.withLock { $0 }
        for (item, ticket) in batch.enumerated() { made[ticket] = try outcomes[item]?.get() }
        let done = Set(batch)
        expected.removeAll { done.contains($0) }
    }

    /// What a participant does (train, round to the grid, digest, sign), then what the coordinator does with it
    /// (check).
    private func make(_ job: Assignment, with maker: UpdateMaker) throws -> Made {
        let participant = job.participant
        let work = try maker.update(of: participant, in: job.state)
        let statement = ContributionStatement(
            task: taskID, round: job.state.round, participantKey: participant.key.publicKey,
            baseModel: job.baseModel, configuration: taskID,
            update: blob.digest(of: work.update.parameters, threads: 1),
            parameterCount: UInt64(blob.layout.count), sampleCount: UInt64(participant.claimedSampleCount),
            stepCount: UInt32(clamping: work.stepCount), nonce: nonce(participant, job.state.round),
            previousContribution: job.previous, ledgerRootSeen: job.ledgerRoot,
            possession: blob.possession(of: work.update.parameters, by: participant.key.publicKey))
        let signed = try statement.signed(by: participant.key)
        let check = verifier.verify(signed, statement: statement, update: work.update)
        return Made(contribution: signed, check: check)
    }

    private func nonce(_ participant: SimulatedParticipant, _ round: UInt32) -> [UInt8] {
        var generator = SeededGenerator(
            seed: federation.scenario.task.seed, stream: "nonce", Int(participant.number), Int(round))
        return (0..<2).flatMap { _ in withUnsafeBytes(of: generator.next().littleEndian) { [UInt8]($0) } }
    }
}
