import Attestation
import Ledger

/// What a coordinator must know of the ledger beyond the rules' state: gathered in one pass at the start, kept up to
/// date afterwards.
struct LedgerIndex {
    /// One aggregated round of a task.
    struct AggregatedRound {
        let round: UInt32
        let baseModel: Digest
        let sealed: RoundSealed
    }

    /// The task that each model belongs to.
    private(set) var taskOfModel: [Digest: Digest] = [:]
    /// The last aggregated rounds of each task, oldest first: those that the next round's scores look back at, and one.
    private(set) var lastAggregated: [Digest: [AggregatedRound]] = [:]
    /// The entry that registers each participant.
    private(set) var registrations: [UInt64] = []
    /// The entries that accepted each participant's contributions, oldest first.
    private(set) var accepted: [[UInt64]] = []
    /// The entry that accepted each contribution, by `SignedContribution.bindingDigest`.
    private(set) var sequenceOfContribution: [Digest: UInt64] = [:]
    /// The entry that opened each task's open round; none where no round is open, whether the task runs or stands
    /// still.
    private(set) var openRounds: [Digest: UInt64] = [:]
    /// The entry that funds each task first: the proof that its pool is there.
    private(set) var fundings: [Digest: UInt64] = [:]
    /// How often each task's sponsor has paid into its escrow: the number of the next deposit.
    private(set) var deposits: [Digest: UInt32] = [:]
    /// A task was closed and no snapshot followed; up to date at the start only.
    private(set) var lacksSnapshot = false
    private var numbers: [PublicKey: Int] = [:]
    private var openBase: [Digest: Digest] = [:]

    /// Takes the next entry.
    mutating func take(_ body: EntryBody, sequence: UInt64) {
        switch body {
        case .participantRegistered(let registered):
            numbers[registered.publicKey] = registrations.count
            registrations.append(sequence)
            accepted.append([])
        case .taskOpened: break
        case .roundOpened(let opened):
            openBase[opened.task] = opened.baseModel
            taskOfModel[opened.baseModel] = opened.task
            openRounds[opened.task] = sequence
        case .contributionAccepted(let entry):
            sequenceOfContribution[entry.contribution.bindingDigest] = sequence
            if let number = numbers[entry.statement.participantKey] { accepted[number].append(sequence) }
        case .roundSealed(let sealed):
            openRounds[sealed.task] = nil
            guard sealed.outcome == .aggregated, let base = openBase[sealed.task] else { return }
            taskOfModel[sealed.model] = sealed.task
            let last = lastAggregated[sealed.task] ?? []
            lastAggregated[sealed.task] =
                last.suffix(Int(LedgerLimits.history)) + [
                    AggregatedRound(round: sealed.round, baseModel: base, sealed: sealed)
                ]
        case .transfer(let transfer):
            if let task = transfer.task, transfer.kind == .deposit || transfer.kind == .emission,
                fundings[task] == nil
            {
                fundings[task] = sequence
            }
            if let task = transfer.task, transfer.kind == .deposit { deposits[task, default: 0] += 1 }
        case .taskClosed: lacksSnapshot = true
        case .snapshot: lacksSnapshot = false
        case .genesis, .contributionRefused, .scores, .epochSettled, .unitsAssigned, .roundRevealed, .taskSettled:
            break
        }
    }
}

extension SignedContribution {
    /// SHA-256 of the statement's bytes and the signature: names one contribution as it came.
    var bindingDigest: Digest {
        var hasher = SHA256.Hasher()
        hasher.update(statementBytes)
        hasher.update(signature)
        return hasher.finalize()
    }
}
