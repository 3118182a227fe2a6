package import Attestation

/// Everything that the entries so far say: a value that `LedgerRules.apply` alone changes.
///
/// Copies share storage until one of them changes, which then costs O(size): do not keep a copy across appends.
package struct LedgerState: Sendable {
    /// Number of entries.
    package internal(set) var count: UInt64 = 0
    /// Leaf hash of the last entry; zeros before the first.
    package internal(set) var head = Digest.zero
    /// Time of the last entry, in milliseconds since the Unix epoch.
    package internal(set) var lastTimeMs: UInt64 = 0
    /// Nil before the first entry.
    package internal(set) var genesis: Genesis?
    /// By number.
    package internal(set) var participants: [ParticipantState] = []
    package internal(set) var numbers: [PublicKey: ParticipantNumber] = [:]
    package internal(set) var tasks: [Digest: TaskState] = [:]
    /// The tasks' ids in the order in which they were opened.
    package internal(set) var taskOrder: [Digest] = []
    package internal(set) var accounts = AccountBook(cap: 0)
    /// Which entry has which id.
    package internal(set) var sequences: [EntryID: UInt64] = [:]
    /// Contributions refused so far.
    package internal(set) var refusedCount: UInt64 = 0
    /// Bodies that must come next, of which the first `dueOffset` came already.
    var dueBodies: [EntryBody] = []
    var dueOffset = 0

    /// The state before any entry.
    package init() {}

    /// Whether the rules derive what comes next.
    package var hasDue: Bool { dueOffset < dueBodies.count }

    /// Units in circulation: issued less burned.
    package var supply: UInt64 {
        let issuance = accounts.balance(of: .issuance)
        return issuance.debitsPosted - min(issuance.debitsPosted, issuance.creditsPosted)
    }

    /// A participant by key.
    package func participant(_ key: PublicKey) -> (number: ParticipantNumber, state: ParticipantState)? {
        numbers[key].map { ($0, participants[Int($0)]) }
    }

    /// The snapshot entry that would be right now. Complexity: O(accounts · log accounts).
    package var snapshot: Snapshot {
        Snapshot(
            balancesRoot: BalancesTree.root(of: accounts),
            supply: supply,
            accounts: UInt32(clamping: accounts.count)
        )
    }
}
