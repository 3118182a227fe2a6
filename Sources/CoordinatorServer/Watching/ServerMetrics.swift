internal import Attestation
package import Coordination
internal import Federation
internal import Ledger
internal import Synchronization

/// What the server counts for `/metrics`. Safe to share.
package final class ServerMetrics: Sendable {
    /// Upper bounds of the request durations, in seconds.
    static let bounds: [Double] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30]

    /// How long requests of one kind took.
    struct Histogram: Sendable {
        var counts = [UInt64](repeating: 0, count: ServerMetrics.bounds.count + 1)
        var sum = 0.0
        var total: UInt64 = 0
    }

    struct Answer: Hashable, Comparable {
        let route: String
        let status: Int

        static func < (left: Self, right: Self) -> Bool { (left.route, left.status) < (right.route, right.status) }
    }

    /// Answers to contributions.
    struct Contributions {
        var accepted: UInt64 = 0
        var refused: [String: UInt64] = [:]

        mutating func add(_ other: Self) {
            accepted += other.accepted
            refused.merge(other.refused) { $0 + $1 }
        }
    }

    struct State {
        var answers: [Answer: UInt64] = [:]
        var durations: [String: Histogram] = [:]
        /// Of rounds that are sealed.
        var sealed = Contributions()
        /// Of open rounds, by task.
        var open: [Digest: Contributions] = [:]
        /// Rounds sealed, by outcome.
        var rounds: [String: UInt64] = [:]
        var paid: UInt64 = 0
        var ejected: UInt64 = 0
        var registered: UInt64 = 0
        var failedTasks: UInt64 = 0

        /// Those of sealed and open rounds together.
        var contributions: Contributions {
            open.values.reduce(into: sealed) { $0.add($1) }
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// A request was answered.
    func answered(_ route: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.answers[Answer(route: route, status: status), default: 0] += 1
            let index = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
            state.durations[route, default: Histogram()].counts[index] += 1
            state.durations[route, default: Histogram()].sum += seconds
            state.durations[route, default: Histogram()].total += 1
        }
    }

    /// The core says that something happened.
    package func take(_ notice: CoordinatorNotice) {
        state.withLock { state in
            switch notice {
            case .contributionAccepted(let task, _, _, _): state.open[task, default: Contributions()].accepted += 1
            case .contributionRefused(let task, _, _, let reason, _):
                state.open[task, default: Contributions()].refused[reason.name, default: 0] += 1
            case .roundSealed(let task, let sealed, _):
                if let round = state.open.removeValue(forKey: task) { state.sealed.add(round) }
                state.rounds[Self.word(for: sealed.outcome), default: 0] += 1
            case .taskClosed(let task, _):
                if let round = state.open.removeValue(forKey: task) { state.sealed.add(round) }
            case .rewarded(_, let transfer): state.paid += transfer.amount
            case .ejected: state.ejected += 1
            case .participantRegistered: state.registered += 1
            case .taskFailed: state.failedTasks += 1
            case .workChanged, .taskOpened, .roundOpened, .roundRevealed, .taskSettled: break
            }
        }
    }

    /// The outcomes of rounds, as the metrics name them.
    static let outcomes = RoundSealed.Outcome.allCases.map(word)

    private static func word(for outcome: RoundSealed.Outcome) -> String {
        switch outcome {
        case .aggregated: "aggregated"
        case .noQuorum: "no_quorum"
        case .diverged: "diverged"
        case .abandoned: "abandoned"
        }
    }

    /// A copy of everything.
    var snapshot: State { state.withLock { $0 } }
}
