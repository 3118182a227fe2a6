internal import Attestation
internal import Federation
internal import Ledger
internal import Runs
internal import Training

/// What the ledger tells of one task, for people: rounds, and what each participant did and was paid. A function of the
/// entries, so that a restart writes the same books.
struct TaskHistory {
    /// One participant's tallies.
    private struct Tally {
        var invited = 0
        var accepted = 0
        var refused = 0
        var droppedOut = 0
        var full: Int64 = 0
        var novel: Int64 = 0
        var paid: UInt64 = 0
        var examples: UInt64 = 0
        var perRoundFull: [Int64?] = []
    }

    /// The round that is under way, or was last.
    private struct RoundTally {
        var number: UInt32 = 0
        var openedMs: UInt64 = 0
        var sealedMs: UInt64 = 0
        var cohort: [ParticipantNumber] = []
        var answered: Set<ParticipantNumber> = []
        var accepted = 0
        var refused: [String: Int] = [:]
        var sealed: RoundSealed?
    }

    let opened: TaskOpened
    let configuration: TaskConfiguration
    private let openedMs: UInt64
    private let blobByteCount: UInt64
    private var tallies: [ParticipantNumber: Tally] = [:]
    private var current = RoundTally()
    private(set) var rounds: [RoundSummary] = []
    private(set) var closed: TaskClosed?
    private var pooled: UInt64 = 0
    private var returned: UInt64 = 0
    private var rewarded: UInt64 = 0

    init(_ opened: TaskOpened, configuration: TaskConfiguration, timeMs: UInt64) {
        self.opened = opened
        self.configuration = configuration
        openedMs = timeMs
        blobByteCount = UInt64(ParameterBlob(layout: configuration.architecture.parameterLayout).byteCount)
    }

    /// Takes the task's next entry.
    ///
    /// - Returns: the round that this entry shows to be over, if any.
    mutating func take(_ entry: Entry, people: BookPeople) -> RoundSummary? {
        switch entry.body {
        case .roundOpened(let body):
            current = RoundTally(number: body.round, openedMs: entry.timeMs, cohort: body.cohort)
            for number in body.cohort { tallies[number, default: Tally()].invited += 1 }
            return nil
        case .contributionAccepted(let body):
            current.accepted += 1
            guard let number = people.number(of: body.statement.participantKey) else { return nil }
            current.answered.insert(number)
            tallies[number, default: Tally()].accepted += 1
            tallies[number, default: Tally()].examples = body.statement.sampleCount
        case .contributionRefused(let body):
            current.refused[body.reason.name, default: 0] += 1
            guard let key = body.participantKey, let number = people.number(of: key) else { return nil }
            tallies[number, default: Tally()].refused += 1
            if body.round == current.number { current.answered.insert(number) }
        case .roundSealed(let body):
            current.sealed = body
            current.sealedMs = entry.timeMs
            return endRound()
        case .roundRevealed(let body): reveal(body)
        case .scores(let body):
            for score in body.scores {
                var tally = tallies[score.participant, default: Tally()]
                tally.full = Int64(clamping: Int128(tally.full) + Int128(score.full))
                tally.novel = Int64(clamping: Int128(tally.novel) + Int128(score.novel))
                while tally.perRoundFull.count < Int(body.round) - 1 { tally.perRoundFull.append(nil) }
                tally.perRoundFull.append(score.full)
                tallies[score.participant] = tally
            }
        case .transfer(let body): take(body, people)
        case .taskClosed(let body):
            closed = body
            return nil
        case .genesis, .participantRegistered, .taskOpened, .epochSettled, .snapshot, .unitsAssigned, .taskSettled:
            break
        }
        return nil
    }

    /// Puts a round's exact figures in the place of the rounded ones.
    private mutating func reveal(_ revealed: RoundRevealed) {
        guard let place = rounds.firstIndex(where: { $0.round == Int(revealed.round) }) else { return }
        rounds[place].validationLossBefore = Self.nats(revealed.metrics.validationLossBefore)
        rounds[place].validationLossAfter = Self.nats(revealed.metrics.validationLossAfter)
        rounds[place].testLoss = Self.nats(revealed.metrics.testLoss)
        rounds[place].testAccuracy = Double(revealed.metrics.testAccuracyPpm) / 1_000_000
        rounds[place].scoreGap = Self.nats(revealed.metrics.scoreGap)
    }

    private mutating func take(_ transfer: Transfer, _ people: BookPeople) {
        switch transfer.kind {
        case .emission, .deposit: pooled += transfer.amount
        case .reward:
            rewarded += transfer.amount
            if let number = people.number(of: transfer.credit) {
                tallies[number, default: Tally()].paid += transfer.amount
            }
        case .refund, .burn: returned += transfer.amount
        case .grant, .funding: break
        }
    }

    private mutating func endRound() -> RoundSummary? {
        guard let sealed = current.sealed else { return nil }
        let unanswered = current.cohort.filter { !current.answered.contains($0) }
        for number in unanswered { tallies[number, default: Tally()].droppedOut += 1 }
        let measured = sealed.metrics
        let received = current.accepted + current.refused.values.reduce(0, +)
        let summary = RoundSummary(
            round: Int(current.number), outcome: RoundOutcome(sealed.outcome),
            invited: current.cohort.count, accepted: current.accepted, refused: current.refused,
            droppedOut: unanswered.count, validationLossBefore: measured.map { Self.nats($0.validationLossBefore) },
            validationLossAfter: measured.map { Self.nats($0.validationLossAfter) },
            testLoss: measured.map { Self.nats($0.testLoss) },
            testAccuracy: measured.map { Double($0.testAccuracyPpm) / 1_000_000 },
            uploadBytes: UInt64(received) * blobByteCount,
            downloadBytes: UInt64(current.cohort.count) * blobByteCount,
            seconds: Double(current.sealedMs - min(current.openedMs, current.sealedMs)) / 1_000,
            virtualSeconds: 0, scoreGap: measured.map { Self.nats($0.scoreGap) })
        rounds.append(summary)
        current.sealed = nil
        return summary
    }

    private static func nats(_ picos: Int64) -> Double { Double(picos) / 1e12 }

    /// The task in figures.
    func summary(people: BookPeople, ledgerRoot: String, entryCount: UInt64, closedMs: UInt64) -> RunSummary {
        let paid = tallies.values.map(\.paid)
        let mean = paid.isEmpty ? 0 : Double(paid.reduce(0, +)) / Double(paid.count)
        let participants = tallies.sorted { $0.key < $1.key }.prefix(RunLimits.participantCount).map { number, tally in
            var perRound = tally.perRoundFull
            while perRound.count < rounds.count { perRound.append(nil) }
            return ParticipantSummary(
                number: Int(number), label: people.label(of: number), did: people.did(of: number),
                population: "participant", cheats: false, examples: Int(clamping: tally.examples),
                invited: tally.invited, accepted: tally.accepted, refused: tally.refused,
                droppedOut: tally.droppedOut, fullScore: tally.full, novelScore: tally.novel, paid: tally.paid,
                shareOfHonestMean: mean > 0 ? Double(tally.paid) / mean : nil, perRoundFull: perRound)
        }
        let last = rounds.last { $0.testAccuracy != nil }
        return RunSummary(
            run: configuration.name, scenario: configuration.name, seed: configuration.seed, threads: 1,
            task: opened.task.hex, dataset: "with the participants", model: configuration.architecture.summary,
            parameterCount: Int(opened.parameterCount), rounds: rounds, participants: Array(participants),
            accuracy: last?.testAccuracy ?? 0, loss: last?.testLoss ?? 0, modelDigest: (closed?.model).map(\.hex) ?? "",
            ledgerRoot: ledgerRoot, ledgerEntries: entryCount, paidTotal: rewarded, pooledTotal: pooled,
            carried: returned, asset: people.asset, seconds: Double(closedMs - min(openedMs, closedMs)) / 1_000)
    }
}
