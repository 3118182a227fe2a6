import Ledger

/// Something that is not at hand. Its absence alone accuses nobody, but what rests on it was taken as recorded.
package struct AuditGap: Equatable, Sendable, CustomStringConvertible {
    /// What is not at hand.
    package let missing: String
    /// Whose it is to keep or to give.
    package let keeper: String
    /// The task that it belongs to, in hexadecimal digits; nil for what belongs to the whole folder.
    package let task: String?
    /// The rounds that were not derived again for the lack of it, ascending.
    package let rounds: [UInt32]
    /// Units of rewards that rest on it.
    package let units: UInt64

    package init(missing: String, keeper: String, task: String? = nil, rounds: [UInt32] = [], units: UInt64 = 0) {
        self.missing = missing
        self.keeper = keeper
        self.task = task
        self.rounds = rounds
        self.units = units
    }

    package var description: String {
        let rounds = rounds.isEmpty ? "" : "; taken as recorded: \(Self.text(rounds))"
        return "\(missing); to keep by \(keeper)\(rounds); \(TokenAmount.text(units)) paid rests on it"
    }

    /// Round numbers for people: "round 3", "rounds 1 to 4, 7".
    package static func text(_ rounds: [UInt32]) -> String {
        var ranges: [ClosedRange<UInt32>] = []
        for round in rounds {
            if let last = ranges.last, round == last.upperBound &+ 1 {
                ranges[ranges.count - 1] = last.lowerBound...round
            } else {
                ranges.append(round...round)
            }
        }
        let parts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
        return "\(rounds.count == 1 ? "round" : "rounds") \(parts.joined(separator: ", "))"
    }
}

/// Why a round was not derived again, though nothing contradicts it.
enum MissingEvidence: Hashable, Error {
    /// Updates that nobody promised to keep, or that were not handed over.
    case updates
    /// A model or a server state that a round starts from.
    case models
    /// The data set.
    case data(String)
    /// The task's secret, which the close reveals.
    case secret
    /// A file that whoever audits may not read.
    case unreadable(String)

    /// What a round that lacks it is said to lack.
    var reason: String {
        switch self {
        case .updates: "its updates were not kept"
        case .models: "the model or the momentum that it starts from is not there"
        case .data(let reason): reason
        case .secret: "the validation set is revealed when the task is closed"
        case .unreadable(let path): "\(path) cannot be read"
        }
    }
}
