internal import Coordination

/// What the coordinator's core asked for during a call: taken out when the call has returned, so that the core is never
/// called from within itself. Used on the host's executor alone.
final class EffectTray {
    private(set) var jobs: [CoordinatorJob] = []
    private(set) var notices: [CoordinatorNotice] = []

    var isEmpty: Bool { jobs.isEmpty && notices.isEmpty }

    func put(_ job: CoordinatorJob) { jobs.append(job) }
    func put(_ notice: CoordinatorNotice) { notices.append(notice) }

    /// Empties the tray.
    func take() -> (jobs: [CoordinatorJob], notices: [CoordinatorNotice]) {
        defer {
            jobs.removeAll(keepingCapacity: true)
            notices.removeAll(keepingCapacity: true)
        }
        return (jobs, notices)
    }
}
