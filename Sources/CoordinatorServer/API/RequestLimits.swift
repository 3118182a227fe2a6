/// The limits of requests that a test may want smaller.
package struct RequestLimits: Sendable {
    package var keyRate = CoordinatorServerLimits.keyRate
    /// nil for what the settings say.
    package var addressRate: TokenBucket.Rate?
    package var chunksServed = CoordinatorServerLimits.chunksServed
    package var chunksReceived = CoordinatorServerLimits.chunksReceived
    package var slowChunks = CoordinatorServerLimits.slowChunkCount

    package var times = ConnectionTimes()

    package init() {}
}
