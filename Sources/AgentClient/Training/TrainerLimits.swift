import FoundationEssentials

/// The bounds on a trainer that is a program of its own.
package struct TrainerLimits: Equatable, Sendable {
    /// Longest time that one job may take, in seconds; a round's deadline that comes sooner counts instead.
    package var wallSeconds: Int
    /// Most address space of one of its processes, in bytes (`RLIMIT_AS`); nil for no limit.
    package var memoryByteCount: UInt64?
    /// Largest file it may write, in bytes (`RLIMIT_FSIZE`).
    package var fileByteCount: UInt64
    /// Threads it is told to use (`OMP_NUM_THREADS`).
    package var threadCount: Int
    /// Time between SIGTERM and SIGKILL, in seconds.
    package var graceSeconds: Int

    package init(
        wallSeconds: Int = 3_600,
        memoryByteCount: UInt64? = 8 << 30,
        fileByteCount: UInt64 = 8 << 30,
        threadCount: Int = ProcessInfo.processInfo.activeProcessorCount,
        graceSeconds: Int = 5
    ) {
        self.wallSeconds = wallSeconds
        self.memoryByteCount = memoryByteCount
        self.fileByteCount = fileByteCount
        self.threadCount = threadCount
        self.graceSeconds = graceSeconds
    }

    /// Bytes kept of the end of standard output, and of standard error.
    static let tailByteCount = 65_536
    /// Lines and characters of them that an error quotes.
    static let quotedLineCount = 6
    static let quotedCharacterCount = 1_000
    /// Bytes that `update.safetensors` may have beyond the canonical file, for a longer header.
    static let headerSlackByteCount = 65_536
    /// Bytes of `metrics.json`.
    static let metricsByteCount = 65_536
    /// Figures taken from `metrics.json`, in order of their names.
    static let metricCount = 64
    /// Words of a command, and bytes of one.
    static let wordCount = 256
    static let wordByteCount = 65_536
    /// Times that the process table is searched for processes that left their group.
    static let sweepCount = 100
    /// Microseconds between two such searches.
    static let sweepGapMicroseconds: UInt32 = 1_000
}
