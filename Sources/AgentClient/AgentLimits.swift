/// The bounds of what an agent reads, holds or waits for; what passes one of them is refused with an `AgentError`.
package enum AgentLimits {
    /// Bytes of a task file.
    package static let taskByteCount = 65_536
    /// Bytes of a model or an update.
    package static let blobByteCount: UInt64 = 64 << 30
    /// Chunks of one blob on their way at once; each takes up to 1 MiB of memory.
    package static let chunksInFlight = 4
    /// Times a chunk that does not have its hash is fetched again before the download is given up.
    package static let chunkTrials = 3
    /// Times an upload is announced again after the coordinator forgot it.
    package static let uploadTrials = 5
    /// Models kept on disk after use.
    package static let modelCount = 3
    /// Stored updates, over all tasks; more are refused.
    package static let storedUpdateCount = 64
    /// Bytes of the files that hold settings, consent, state or a join string.
    package static let smallFileByteCount = 65_536
    /// Bytes of a receipt.
    package static let receiptByteCount = 256 * 1_024
    /// Statements of its own that an agent remembers.
    package static let recentStatementCount = 32
    /// Figures of a trainer that a round's line in the log names, and characters of one name.
    package static let loggedMetricCount = 8
    package static let loggedNameLength = 32
    /// Rounds in a row that a task's training may fail before the task is declined.
    package static let failuresOfTask = 3
    /// Bytes a second of a bandwidth limit.
    package static let bandwidthMbps = 0.1...100_000
    /// Megabytes of a memory limit.
    package static let memoryMB = 16...16_777_216
    /// Minutes that a trainer's program may take for a round: up to a week.
    package static let trainerMinutes = 1...10_080
    /// Megabytes of a file that a trainer's program writes.
    package static let trainerFileMB = 1...16_777_216
    /// Threads of a trainer.
    package static let threadCount = 1...256
    /// Longest a work request waits at the coordinator.
    package static let workWaitMs: UInt32 = 25_000
    /// Between two signs of life while training.
    package static let heartbeatMs: UInt64 = 10_000
    /// Longest that an idle agent waits before it asks again.
    package static let idleWaitMs: UInt64 = 60_000
    /// Between two looks at the power supply while it forbids work.
    package static let powerCheckMs: UInt64 = 60_000
    /// First wait after a lost link; it doubles up to `retryCapMs`.
    package static let retryFirstMs: UInt64 = 200
    /// Longest wait between two tries.
    package static let retryCapMs: UInt64 = 30_000
    /// Between the first two lines in the log on the same failure; it doubles up to `retryNoticeCapMs`.
    package static let retryNoticeFirstMs: UInt64 = 10_000
    /// Longest time that a failure which lasts is not told of.
    package static let retryNoticeCapMs: UInt64 = 600_000
    /// After the next try is due, how long until the same failure counts as a new one.
    package static let retryQuietMs: UInt64 = 60_000
    /// Reasons for failing that are told apart at once.
    package static let retryReasonCount = 32
    /// Longest wait that a coordinator may ask for.
    package static let retryAfterCapMs: UInt64 = 600_000
    /// For a connection to be made.
    package static let connectMs: Int64 = 10_000
    /// For a request other than a long poll or a chunk.
    package static let requestMs: Int64 = 30_000
    /// For a chunk.
    package static let chunkMs: Int64 = 120_000
    /// For a long poll, beside the time it waits at the coordinator.
    package static let workGraceMs: Int64 = 15_000
    /// For the last receipts, when the agent stops.
    package static let farewellMs: UInt64 = 5_000
    /// Difference of the two clocks from which on the agent says so.
    package static let clockDifferenceMs: UInt64 = 300_000
}
