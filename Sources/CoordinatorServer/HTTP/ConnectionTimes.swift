/// How long a connection may take for what, in milliseconds.
package struct ConnectionTimes: Sendable {
    /// From a new connection to the end of its first request's headers, TLS handshake included.
    package var firstHeaderMs = CoordinatorServerLimits.firstHeaderSeconds * 1_000
    /// Between two requests of a connection, the second one's headers included.
    package var keepAliveMs = CoordinatorServerLimits.keepAliveSeconds * 1_000
    /// For a message, from the end of its headers.
    package var bodyMs = CoordinatorServerLimits.bodySeconds * 1_000
    /// For a body larger than a message, from when it is wanted.
    package var chunkMs = CoordinatorServerLimits.chunkSeconds * 1_000
    /// For a client to take a piece of an answer.
    package var writeStallMs = CoordinatorServerLimits.writeStallSeconds * 1_000
    /// For what is left of a body that was refused.
    package var drainMs = CoordinatorServerLimits.drainSeconds * 1_000

    package init() {}
}
