import Coordination

extension FaultSimulator {
    /// The operator opens a task, and again until it hears that it is open.
    func openTask(_ index: Int) {
        guard !openedTasks.contains(index) else { return }
        operatorRequests[send(.open(index), from: agents.count)] = index
    }

    func operatorTimedOut(_ id: UInt64) {
        if let task = operatorRequests.removeValue(forKey: id) { openTask(task) }
    }

    func operatorHeard(_ response: CoordinatorResponse, id: UInt64) {
        guard let task = operatorRequests.removeValue(forKey: id) else { return }
        if case .opened = response {
            openedTasks.insert(task)
        } else {
            clock.schedule(.openTask(task), atMs: clock.nowMs + 2_000)
        }
    }
}
