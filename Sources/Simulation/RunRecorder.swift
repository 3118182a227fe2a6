import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Tensors
import Training
import Valuation

/// Keeps the books of a run for people: metrics.csv, events.jsonl, the summary and the report. Nothing here is needed
/// to verify the run; the ledger is.
final class RunRecorder {
    /// One participant's tallies.
    private struct Tally {
        var invited = 0
        var accepted = 0
        var refused = 0
        var droppedOut = 0
        var full: Int64 = 0
        var novel: Int64 = 0
        var paid: UInt64 = 0
        var perRoundFull: [Int64?] = []
    }

    /// The round that is under way.
    private struct RoundTally {
        var round = 0
        var cohort: [ParticipantNumber] = []
        var answered: Set<ParticipantNumber> = []
        var accepted = 0
        var refused: [String: Int] = [:]
        var received = 0
        var sealed: RoundSealed?
        /// Exact; nil where the round gave no model.
        var metrics: RoundMetrics?
        var clock = ContinuousClock.now
    }

    private let federation: PreparedFederation
    private let folder: RunFolder
    private let blobByteCount: Int
    private let metrics: MetricsFile
    private let events: EventLog
    private let startedAt = ContinuousClock.now
    private let accounts: [AccountName: Int]
    private var tallies: [Tally]
    private var current = RoundTally()
    private var rounds: [RoundSummary] = []
    private var settlement: TaskSettled?
    private var likeness: [ParticipantNumber: ResidualSketch.Likeness] = [:]

    init(federation: PreparedFederation, folder: RunFolder, blobByteCount: Int) throws {
        self.federation = federation
        self.folder = folder
        self.blobByteCount = blobByteCount
        try folder.write(federation.scenario.text, to: folder.scenario)
        metrics = try MetricsFile(folder.metrics)
        events = try EventLog(folder.events)
        tallies = Array(repeating: Tally(), count: federation.participants.count)
        accounts = Dictionary(
            federation.participants.enumerated().map { (AccountName.participant($1.key.publicKey), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The round that is under way, or was last.
    var round: Int { current.round }

    /// A round was opened and its cohort invited.
    func opened(_ invitation: Invitation, atMs: UInt64) throws {
        current = RoundTally(round: Int(invitation.round), cohort: invitation.cohort)
        for number in invitation.cohort { tallies[Int(number)].invited += 1 }
        try event("round-opened", atMs, ["cohort": .integer(Int64(invitation.cohort.count))])
    }

    /// A contribution reached the coordinator.
    func received() { current.received += 1 }

    /// A contribution was accepted.
    func accepted(_ contribution: AcceptedContribution, atMs: UInt64) throws {
        current.accepted += 1
        current.answered.insert(contribution.participant)
        tallies[Int(contribution.participant)].accepted += 1
        try event(
            "contribution-accepted", atMs,
            [
                "participant": .text(federation.participants[Int(contribution.participant)].label),
                "samples": .unsigned(contribution.sampleCount),
                "weight": .unsigned(contribution.weight), "update": .text(contribution.update.hex),
            ])
    }

    /// A contribution was refused.
    func refused(
        _ assignment: ContributionWorkshop.Assignment?, reason: RefusalReason, detail: String, atMs: UInt64
    ) throws {
        current.refused[reason.name, default: 0] += 1
        if let assignment {
            tallies[Int(assignment.participant.number)].refused += 1
            if Int(assignment.state.round) == current.round {
                current.answered.insert(assignment.participant.number)
            }
        }
        try event(
            "contribution-refused", atMs,
            [
                "participant": .text(assignment?.participant.label ?? "unknown"), "reason": .text(reason.name),
                "detail": .text(detail),
            ])
    }

    /// Updates of old rounds gave way to the retention rule or the disk budget.
    func retired(_ retired: [RetiredRound], atMs: UInt64) throws {
        for round in retired {
            try event(
                "updates-retired", atMs,
                ["retired_round": .integer(Int64(round.round)), "cause": .text("\(round.cause)")])
        }
    }

    /// The path scores of a round do not add up to its loss drop as closely as three gradients should make them.
    func gapIsWide(_ gap: Int64, atMs: UInt64) throws {
        try event("score-gap-wide", atMs, ["gap_nats": .number(Self.nats(gap))])
    }

    /// A round was sealed.
    func sealed(_ sealed: RoundSealed) { current.sealed = sealed }

    /// A round was averaged and scored. Who simulates sees the exact figures at once.
    func measured(_ scored: WithheldScores, round: UInt32) {
        current.metrics = scored.metrics
        for score in scored.scores {
            let number = Int(score.participant)
            tallies[number].full = Int64(clamping: Int128(tallies[number].full) + Int128(score.full))
            tallies[number].novel = Int64(clamping: Int128(tallies[number].novel) + Int128(score.novel))
            while tallies[number].perRoundFull.count < current.round - 1 { tallies[number].perRoundFull.append(nil) }
            tallies[number].perRoundFull.append(score.full)
        }
    }

    /// A round diverged: the model stays as it was.
    func diverged(_ reason: String, atMs: UInt64) throws {
        try event("round-diverged", atMs, ["reason": .text(reason)])
    }

    /// The task was settled.
    func settled(_ settled: TaskSettled) { settlement = settled }

    /// How alike each participant's summed residuals are to another's.
    func note(likeness: [ResidualSketch.Likeness]) {
        self.likeness = Dictionary(likeness.map { ($0.participant, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// A reward was paid.
    func rewarded(_ transfer: Transfer) {
        if let number = accounts[transfer.credit] { tallies[number].paid += transfer.amount }
    }

    /// Writes down a round that is over.
    func endRound(atMs: UInt64) throws -> RoundSummary {
        let unanswered = current.cohort.filter { !current.answered.contains($0) }
        for number in unanswered { tallies[Int(number)].droppedOut += 1 }
        let measured = current.metrics
        let summary = RoundSummary(
            round: current.round, outcome: current.sealed.map { RoundOutcome($0.outcome) } ?? .noQuorum,
            invited: current.cohort.count, accepted: current.accepted, refused: current.refused,
            droppedOut: unanswered.count, validationLossBefore: measured.map { Self.nats($0.validationLossBefore) },
            validationLossAfter: measured.map { Self.nats($0.validationLossAfter) },
            testLoss: measured.map { Self.nats($0.testLoss) },
            testAccuracy: measured.map { Double($0.testAccuracyPpm) / 1_000_000 },
            uploadBytes: UInt64(current.received * blobByteCount),
            downloadBytes: UInt64(current.cohort.count * blobByteCount),
            seconds: Self.seconds(since: current.clock), virtualSeconds: Double(atMs - Simulator.epochMs) / 1_000,
            scoreGap: measured.map { Self.nats($0.scoreGap) })
        try metrics.append(summary)
        rounds.append(summary)
        try event(
            "round-ended", atMs,
            [
                "outcome": .text(summary.outcome.rawValue), "accepted": .integer(Int64(summary.accepted)),
                "accuracy": .number(summary.testAccuracy ?? .nan),
            ])
        return summary
    }

    /// The run in figures.
    func summary(
        journal: Journal, model: Digest, retention: RetentionSummary, threads: Int
    ) throws -> RunSummary {
        let task = federation.scenario.task
        let honest = zip(federation.participants, tallies).filter { !$0.0.population.kind.cheats }.map(\.1.paid)
        let honestMean = honest.isEmpty ? 0 : Double(honest.reduce(0, +)) / Double(honest.count)
        let participants = zip(federation.participants, tallies).map { participant, tally in
            var perRound = tally.perRoundFull
            while perRound.count < rounds.count { perRound.append(nil) }
            return ParticipantSummary(
                number: Int(participant.number), label: participant.label, did: participant.key.publicKey.did,
                population: participant.population.kind.rawValue, cheats: participant.population.kind.cheats,
                examples: participant.rows.count, invited: tally.invited, accepted: tally.accepted,
                refused: tally.refused, droppedOut: tally.droppedOut, fullScore: tally.full,
                novelScore: tally.novel, paid: tally.paid,
                shareOfHonestMean: honestMean > 0 ? Double(tally.paid) / honestMean : nil, perRoundFull: perRound,
                units: participant.population.units, likeness: likeness[participant.number]?.cosine,
                likenessTo: likeness[participant.number].map { federation.participants[Int($0.other)].label })
        }
        let taskID = SHA256.hash(Array(task.text.utf8))
        let flows = journal.state.tasks[taskID]?.flows
        let last = rounds.last { $0.testAccuracy != nil }
        return RunSummary(
            run: folder.name, scenario: task.name, seed: task.seed, threads: threads, task: taskID.hex,
            dataset: federation.datasetName, model: task.architecture.summary,
            parameterCount: task.architecture.parameterLayout.count, rounds: rounds, participants: participants,
            accuracy: last?.testAccuracy ?? 0, loss: last?.testLoss ?? 0, modelDigest: model.hex,
            ledgerRoot: journal.root.hex, ledgerEntries: journal.count, paidTotal: flows?.rewarded ?? 0,
            pooledTotal: task.reward.pool,
            carried: task.reward.pool - min(task.reward.pool, flows?.rewarded ?? 0), asset: "TRIB",
            seconds: Self.seconds(since: startedAt), kernels: try KernelVariant.selected().rawValue,
            retention: retention)
    }

    /// Writes the files that a run ends with: model, checkpoint, summary, report, and the manifest over all of them.
    func finish(
        _ summary: RunSummary, checkpoint: SignedNote, model: SharedParameterSet, signer: NoteSigner
    ) throws {
        try Safetensors.write(model.parameters, metadata: [:], to: folder.model.path)
        try folder.write(checkpoint.encoded, to: folder.checkpoint)
        try folder.write(summary)
        try folder.write(ReportPage(summary).html, to: folder.report)
        try metrics.flush()
        try events.flush()
        try Manifest.write(folder, signer: signer)
    }

    private func event(_ kind: String, _ atMs: UInt64, _ fields: [String: RunEvent.Value]) throws {
        try events.append(
            RunEvent(
                kind, round: current.round == 0 ? nil : current.round,
                virtualSeconds: Double(atMs - Simulator.epochMs) / 1_000, fields: fields))
    }

    private static func nats(_ picos: Int64) -> Double { Double(picos) / 1e12 }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .seconds(1)
    }
}
