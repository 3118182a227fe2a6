/// The limits of requests that a test may want smaller.
package struct RequestLimits: Sendable {
    package var keyRate = CoordinatorServerLimits.keyRate
    /// nil for what the settings say.
    package var addressRate: TokenBucket.Rate?
    /// New keys that one address may register without an invitation.
    package var registrationRate = TokenBucket.Rate(
        burst: Double(CoordinatorServerLimits.registrationsPerAddress),
        perSecond: CoordinatorServerLimits.laterRegistrationsPerHour / 3_600)
    /// Connections of one address at one time; nil for three quarters of all that there may be.
    package var connectionsPerAddress: Int?
    package var chunksServed = CoordinatorServerLimits.chunksServed
    package var chunksReceived = CoordinatorServerLimits.chunksReceived
    package var slowChunks = CoordinatorServerLimits.slowChunkCount

    package var times = ConnectionTimes()

    package init() {}
}
