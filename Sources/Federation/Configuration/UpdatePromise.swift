/// Which rounds' updates and models a task's coordinator has to keep, so that an auditor can derive them again.
///
/// It is part of the task's file, and so of the ledger: what must be kept and is not is a fault of the coordinator's.
package enum UpdatePromise: Hashable, Sendable, CustomStringConvertible {
    /// Every round's.
    case all
    /// The last rounds', at least 1.
    case lastRounds(Int)
    /// No round's: an audit takes the coordinator's word.
    case none

    /// `all`, `last 20` or `none`, as a task file has it.
    package var description: String {
        switch self {
        case .all: "all"
        case .lastRounds(let count): "last \(count)"
        case .none: "none"
        }
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        switch words.first {
        case "all" where words.count == 1: self = .all
        case "none" where words.count == 1: self = .none
        case "last" where words.count == 2:
            guard let count = Int(words[1]), 1...FederationLimits.roundCount ~= count, words[1].first != "+" else {
                return nil
            }
            self = .lastRounds(count)
        default: return nil
        }
    }

    /// Whether a round must be kept once `newest` is the last one that is over.
    package func covers(_ round: UInt32, newest: UInt32) -> Bool {
        switch self {
        case .all: true
        case .lastRounds(let count): UInt64(round) + UInt64(max(count, 1)) > UInt64(newest)
        case .none: false
        }
    }
}
