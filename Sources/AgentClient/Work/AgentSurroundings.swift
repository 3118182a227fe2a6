/// What an agent perceives of its machine: the clock, the time of day, the power; and how it waits.
package struct AgentSurroundings: Sendable {
    /// Milliseconds since the Unix epoch.
    package let nowMs: @Sendable () -> UInt64
    /// Minutes after midnight, local time.
    package let minuteOfDay: @Sendable () -> Int
    package let power: @Sendable () -> PowerSupply
    /// Waits for milliseconds, and throws when the task is cancelled.
    package let sleep: @Sendable (UInt64) async throws -> Void

    package init(
        nowMs: @escaping @Sendable () -> UInt64, minuteOfDay: @escaping @Sendable () -> Int,
        power: @escaping @Sendable () -> PowerSupply, sleep: @escaping @Sendable (UInt64) async throws -> Void
    ) {
        self.nowMs = nowMs
        self.minuteOfDay = minuteOfDay
        self.power = power
        self.sleep = sleep
    }

    /// The machine as it is.
    package static let machine = AgentSurroundings(
        nowMs: { Machine.nowMs }, minuteOfDay: { Machine.minuteOfDay },
        power: { PowerSupply(folder: PowerSupply.systemFolder) },
        sleep: { try await Task.sleep(for: .milliseconds($0)) })
}
