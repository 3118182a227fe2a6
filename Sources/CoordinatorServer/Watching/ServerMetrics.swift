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

    struct State {
        var answers: [Answer: UInt64] = [:]
        var durations: [String: Histogram] = [:]
        var accepted: UInt64 = 0
        var refused: [String: UInt64] = [:]
        var rounds: [String: UInt64] = [:]
        var paid: UInt64 = 0
        var ejected: UInt64 = 0
        var registered: UInt64 = 0
        var failedTasks: UInt64 = 0
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
            case .contributionAccepted: state.accepted += 1
            case .contributionRefused(_, _, _, let reason, _): state.refused[reason.name, default: 0] += 1
            case .roundSealed(_, let sealed, _):
                state.rounds[sealed.outcome == .aggregated ? "aggregated" : "no_quorum", default: 0] += 1
            case .rewarded(_, let transfer): state.paid += transfer.amount
            case .ejected: state.ejected += 1
            case .participantRegistered: state.registered += 1
            case .taskFailed: state.failedTasks += 1
            case .workChanged, .taskOpened, .roundOpened, .taskClosed: break
            }
        }
    }

    /// A copy of everything.
    var snapshot: State { state.withLock { $0 } }
}
