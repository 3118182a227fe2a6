/// The bounds of a rehearsal.
package enum RehearsalLimits {
    /// Agent processes.
    package static let agentCount = 64
    /// Kills of one rehearsal.
    package static let killCount = 100_000
    /// Longest from one kill's restart to the next kill, in milliseconds.
    package static let killGapMs = 400
    /// Longest that a coordinator may take until it listens.
    package static let startSeconds = 60
    /// Bytes of a log that an error quotes.
    package static let quotedLogByteCount = 2_000
}
