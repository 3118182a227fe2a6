/// The limits of requests that a test may want smaller.
package struct RequestLimits: Sendable {
    package var keyRate = CoordinatorServerLimits.keyRate
    package var addressRate = CoordinatorServerLimits.addressRate
    package var chunksServed = CoordinatorServerLimits.chunksServed

    package init() {}
}
