/// The bounds of a rehearsal.
package enum RehearsalLimits {
    /// Agent processes.
    package static let agentCount = 64
    /// Kills of one rehearsal.
    package static let killCount = 100_000
    /// Longest from one kill's restart to the next kill, in milliseconds.
    package static let killGapMs = 400
    /// Faults of links of one rehearsal.
    package static let linkFaultCount = 100_000
    /// Longest from one fault of a link to the next, in milliseconds.
    package static let linkGapMs = 120
    /// Connections of one link.
    package static let linkConnectionCount = 64
    /// Faults of a link that wait for bytes.
    package static let waitingFaultCount = 2
    /// For a connection from the proxy to the coordinator.
    package static let relayConnectMs: Int64 = 2_000
    /// From a half-close to the reset of the connection.
    package static let halfCloseMs = 1_000
    /// Bytes from the coordinator after which a connection is past its TLS handshake.
    package static let handshakeByteCount = 1_500
    /// Fillings of disks of one rehearsal.
    package static let fillingCount = 10_000
    /// Longest from one filling to the next, and longest that one lasts, in milliseconds.
    package static let fillingGapMs = 1_500
    package static let fillingMs = 900
    /// Between two looks at a disk that is to stay full.
    package static let refillMs = 10
    /// Shortest deadline of a round whose links or disks are disturbed.
    package static let deadlineSeconds = 120
    /// From the end of a process that found its disk full to its next start.
    package static let restartMs = 100
    /// Bytes of the largest disk in memory.
    package static let diskByteCount = 1 << 30
    /// Longest that a coordinator may take until it listens.
    package static let startSeconds = 60
    /// Bytes of a log that an error quotes.
    package static let quotedLogByteCount = 2_000
}
