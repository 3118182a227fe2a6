import Attestation
import Ledger

/// A task's round.
struct TaskRound: Hashable {
    let task: Digest
    let round: UInt32
}

/// What a simulated coordinator's ledger has on its disk: it survives every crash.
///
/// One thread drives the world, hence `@unchecked Sendable`.
final class LedgerDisk: @unchecked Sendable {
    private(set) var entries: [StoredEntry] = []
    private(set) var bodies: [EntryBody] = []
    private(set) var balances: [AccountName: AccountBalance] = [:]
    private(set) var checkpoint: (size: UInt64, note: [UInt8])?
    private(set) var opened: Set<TaskRound> = []
    private(set) var sealed: Set<TaskRound> = []
    private(set) var closed: Set<Digest> = []
    /// Entries that somebody outside may rely on.
    var acknowledgedCount = 0
    /// For a store that lies: what was there before the last commit.
    private var before: (count: Int, balances: [AccountName: AccountBalance])?

    func commit(_ added: [EncodedEntry], balances changed: [StoredBalance]) {
        before = (entries.count, balances)
        for entry in added {
            entries.append(StoredEntry(bytes: entry.bytes, leafHash: entry.leafHash))
            bodies.append(entry.entry.body)
            switch entry.entry.body {
            case .roundOpened(let body): opened.insert(TaskRound(task: body.task, round: body.round))
            case .roundSealed(let body): sealed.insert(TaskRound(task: body.task, round: body.round))
            case .taskClosed(let body): closed.insert(body.task)
            default: break
            }
        }
        for balance in changed { balances[balance.account] = balance.balance }
    }

    func keep(checkpoint note: [UInt8], size: UInt64) {
        if size >= checkpoint?.size ?? 0 { checkpoint = (size, note) }
    }

    /// Loses the last commit, which an honest disk never does.
    func forgetLastCommit() {
        guard let before else { return }
        entries.removeSubrange(before.count...)
        bodies.removeSubrange(before.count...)
        balances = before.balances
        if checkpoint?.size ?? 0 > UInt64(before.count) { checkpoint = nil }
        self.before = nil
    }

    var sortedBalances: [StoredBalance] {
        balances.map { StoredBalance(account: $0, balance: $1) }.sorted { $0.account < $1.account }
    }
}
