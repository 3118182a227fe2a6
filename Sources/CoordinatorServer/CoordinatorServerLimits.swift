package import NIOCore

/// The bounds of a coordinator's server; Protocols/http.md tells clients of those that they can run into.
package enum CoordinatorServerLimits {
    // Connections.

    /// Connections at one time; more wait in the system's queue.
    package static let connectionCount = 20_000
    /// Connections that wait to be taken up.
    package static let backlog = 1_024
    /// Bytes of a request's line and headers.
    package static let headerByteCount = 16_384
    /// Header fields of a request.
    package static let headerCount = 64
    /// From a new connection to the end of its first request's headers, TLS handshake included.
    package static let firstHeaderSeconds: Int64 = 15
    /// Between two requests of a connection, the second one's headers included.
    package static let keepAliveSeconds: Int64 = 90
    /// For a message, from the end of its headers.
    package static let bodySeconds: Int64 = 30
    /// For a body larger than a message, from when it is wanted; a link of 70 kbit/s moves a chunk in it.
    package static let chunkSeconds: Int64 = 120
    /// Bytes of a body that are read before its request asks for them.
    package static let promptBodyByteCount = 64 << 10
    /// Most reads of a connection's socket before other connections have their turn.
    package static let readsPerTurn: UInt = 1
    /// For a client to take a piece of an answer.
    package static let writeStallSeconds: Int64 = 30
    /// How long what is left of a refused body is read and dropped, so that its sender sees the answer.
    package static let drainSeconds: Int64 = 2
    /// Bytes of a refused body that are read and dropped.
    package static let drainByteCount = 8 << 20

    /// How long a client may take to say goodbye when its connection is closed.
    package static let farewell = TimeAmount.milliseconds(300)

    // Requests.

    /// Requests of one key at once, and then a second.
    package static let keyRate = TokenBucket.Rate(burst: 1_000, perSecond: 500)
    /// Requests of one address at once, and then a second.
    package static let addressRate = TokenBucket.Rate(burst: 4_000, perSecond: 2_000)
    /// Keys and addresses whose rate is followed.
    package static let bucketCount = 100_000
    /// Chunks that are sent at one time; more wait.
    package static let chunksServed = 64
    /// Chunks that are received at one time, each in memory as a whole; more wait.
    package static let chunksReceived = 8
    /// Chunks that are sent, and that are received, at one time where clients are slow.
    package static let slowChunkCount = 256
    /// How long a chunk waits for a place before it goes beside those that are slow.
    package static let chunkPatience = Duration.seconds(1)
    /// Chunk buffers that are kept for the next upload.
    package static let idleChunkBufferCount = 8
    /// Bytes of a chunk that are read and sent in one go.
    package static let pieceByteCount = 64 << 10
    /// Pools of the C library's free memory.
    package static let memoryArenaCount: Int32 = 2
    /// Answered challenges of one key that are remembered until they end.
    package static let usedChallengesPerKey = 8
    /// Keys that the coordinator does not know whose answered challenges are remembered: more than one address can
    /// answer within the life of a challenge.
    package static let answeredStrangerCount = 100_000
    /// Keys that the coordinator does not know that have sessions; the oldest gives way.
    package static let strangerCount = 50_000
    /// Those of them that signed in from one address; the oldest gives way.
    package static let strangersPerAddress = 1_000
    /// New keys that one address may register without an invitation, at once and then an hour.
    package static let registrationsPerAddress = 100
    package static let laterRegistrationsPerHour = 10.0
    /// Sessions of one key; the oldest gives way.
    package static let sessionsPerKey = 4
    /// Work requests that wait.
    package static let parkedCount = 20_000
    /// Work requests of one key that wait; the oldest is answered before its time.
    package static let parkedPerKey = 8
    /// Characters of an invitation code; 128 bits in base 58.
    package static let invitationByteCount = 64
    /// Invitations that are kept.
    package static let invitationCount = 10_000
    /// Keys that are remembered to have used one invitation.
    package static let invitationUseCount = 1_000_000

    // Blobs.

    /// Uploads that are under way.
    package static let uploadCount = 4_096
    /// Blobs whose chunk hashes are kept in memory.
    package static let shelfBlobCount = 256
    /// Chunk hashes that are kept in memory.
    package static let shelfHashCount = 1 << 19

    // Files.

    /// Bytes of `coordinator.yaml`, of the key file and of the bans file.
    package static let smallFileByteCount = 1 << 20
    /// Bytes of the invitations file.
    package static let invitationsByteCount = 64 << 20
    /// Sponsors' keys in `coordinator.yaml`.
    package static let sponsorCount = 1_024
    /// Auditors' keys in `coordinator.yaml`.
    package static let auditorCount = 1_024
    /// Ledger entries that are read in one go to write the books.
    package static let bookPageCount = 1_000
    /// From one line about what a task waits for to the next, while nothing changes.
    package static let progressInterval = Duration.seconds(30)
    /// Longest that a stop waits for answers to be written.
    package static let stopSeconds: Int64 = 20
    /// After a request the core's timers are looked at within that time.
    package static let timerDelayMs: UInt64 = 200
    /// When a client may try again that found the disk full.
    package static let diskFullRetryMs: UInt64 = 5_000
    /// Differences between the machine's clock and the ledger's time that are left alone.
    package static let clockToleranceMs: UInt64 = 2_000
    /// Differences that the operator is told of.
    package static let clockWarningMs: UInt64 = 60_000
    /// With fewer connections the operator is told at the start.
    package static let fewConnections = 2_048
    /// Longest the coordinator sleeps before it looks at the clock again: a clock may be set.
    package static let longestSleepMs: UInt64 = 10_000
    /// Before books that could not be written are tried again; doubles up to the longest.
    package static let bookRetry = Duration.seconds(5)
    package static let longestBookRetry = Duration.seconds(600)
}
