internal import Coordination
internal import Synchronization

/// How many bytes models and updates take, and may take.
final class DiskBudget: Sendable {
    private struct State {
        var used: UInt64
        var limit: UInt64?
    }

    private let state: Mutex<State>

    init(used: UInt64, limit: UInt64?) { state = Mutex(State(used: used, limit: limit)) }

    /// Bytes taken.
    var used: UInt64 { state.withLock { $0.used } }

    /// After the settings changed.
    func setLimit(_ limit: UInt64?) { state.withLock { $0.limit = limit } }

    /// Takes room.
    ///
    /// - Throws: `diskFull` where the budget does not have it.
    func take(_ byteCount: Int) throws(CoordinationError) {
        try state.withLock { state throws(CoordinationError) in
            let (sum, overflow) = state.used.addingReportingOverflow(UInt64(byteCount))
            if let limit = state.limit, overflow || sum > limit {
                throw CoordinationError(
                    .diskFull, "\(byteCount) bytes more would pass the disk budget of \(limit)",
                    hint: "raise disk_budget_gib or set retain in coordinator.yaml, then send SIGHUP")
            }
            state.used = sum
        }
    }

    /// Gives room back.
    func giveBack(_ byteCount: Int) {
        state.withLock { $0.used -= min($0.used, UInt64(byteCount)) }
    }
}
