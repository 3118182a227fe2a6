/// Which rounds' updates a run keeps, always within its disk budget.
package enum RetentionRule: Equatable, Sendable, CustomStringConvertible {
    /// Every round's.
    case all
    /// Those of the last so many rounds.
    case lastRounds(Int)
    /// No round's: an audit takes the digests' word.
    case none

    /// `"all"`, `"last 20"` or `"none"`.
    package var description: String {
        switch self {
        case .all: "all"
        case .lastRounds(let count): "last \(count)"
        case .none: "none"
        }
    }

    /// Reads what `description` writes. Throws `malformed`.
    package init(_ text: String) throws(RunError) {
        let words = text.split(separator: " ")
        switch words.first {
        case "all" where words.count == 1: self = .all
        case "none" where words.count == 1: self = .none
        case "last" where words.count == 2:
            guard let count = Int(words[1]), 1...RunLimits.roundCount ~= count else { fallthrough }
            self = .lastRounds(count)
        default:
            throw RunError(.malformed, "\"\(text.prefix(40))\" is no retention rule; write all, last N or none")
        }
    }

    /// The first round whose updates are kept once `round` is the newest; nil where none is.
    package func firstKept(newest round: Int) -> Int? {
        switch self {
        case .all: .min
        case .lastRounds(let count): round - max(count, 1) + 1
        case .none: nil
        }
    }
}
