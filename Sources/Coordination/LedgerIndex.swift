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
    /// The last two aggregated rounds of each task, oldest first.
    private(set) var lastAggregated: [Digest: [AggregatedRound]] = [:]
    /// The entry that registers each participant.
    private(set) var registrations: [UInt64] = []
    /// The entries that accepted each participant's contributions, oldest first.
    private(set) var accepted: [[UInt64]] = []
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
        case .taskOpened(let opened): taskOfModel[opened.initialModel] = opened.task
        case .roundOpened(let opened): openBase[opened.task] = opened.baseModel
        case .contributionAccepted(let entry):
            if let number = numbers[entry.statement.participantKey] { accepted[number].append(sequence) }
        case .roundSealed(let sealed):
            guard sealed.outcome == .aggregated, let base = openBase[sealed.task] else { return }
            taskOfModel[sealed.model] = sealed.task
            let last = lastAggregated[sealed.task] ?? []
            lastAggregated[sealed.task] =
                last.suffix(1) + [AggregatedRound(round: sealed.round, baseModel: base, sealed: sealed)]
        case .taskClosed: lacksSnapshot = true
        case .snapshot: lacksSnapshot = false
        case .genesis, .contributionRefused, .scores, .transfer, .epochSettled: break
        }
    }
}
