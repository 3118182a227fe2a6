/// One thing that goes wrong on the way between an agent and the coordinator.
package struct LinkFault: Equatable, Sendable {
    /// Which way bytes go.
    package enum Direction: Equatable, Sendable, CaseIterable {
        /// From the agent to the coordinator.
        case up
        /// From the coordinator to the agent.
        case down

        var opposite: Direction { self == .up ? .down : .up }
    }

    package enum Kind: Equatable, Sendable {
        /// A reset of an open connection at once, whether it carries bytes or waits.
        case reset
        /// A reset after so many more bytes in one direction; what comes after them is not delivered.
        case cut(Direction, afterByteCount: Int)
        /// Whatever was sent up arrives; the connection is reset where the reply would begin.
        case unheard
        /// One direction ends as if its sender had closed it, and the connection is reset a while later.
        case halfClose(Direction)
        /// Bytes are held back once.
        case stall(Direction, ms: Int)
        /// Every piece is late, for a while.
        case delay(ms: Int, lastingMs: Int)
        /// So many bytes a second each way, for a while.
        case throttle(bytesPerSecond: Int, lastingMs: Int)
        /// So many bytes are delivered one at a time.
        case trickle(Direction, byteCount: Int)
        /// All connections are reset and new ones refused, for a while.
        case partition(ms: Int)

        /// The kind's name without its figures.
        package var name: String {
            switch self {
            case .reset: "reset"
            case .cut(.up, _): "cut on the way up"
            case .cut(.down, _): "cut on the way down"
            case .unheard: "reply unheard"
            case .halfClose: "half-closed"
            case .stall: "stalled"
            case .delay: "delayed"
            case .throttle: "throttled"
            case .trickle: "bytes one by one"
            case .partition: "partition"
            }
        }
    }

    /// Whose link; nil for everybody's, which partitions alone are.
    package let agent: Int?
    /// Milliseconds after the fault before it was set.
    package let delayMs: Int
    /// Bytes that the link delivers undisturbed before this one strikes.
    package let quietByteCount: Int
    package let kind: Kind

    package init(agent: Int?, delayMs: Int = 0, quietByteCount: Int = 0, kind: Kind) {
        self.agent = agent
        self.delayMs = delayMs
        self.quietByteCount = quietByteCount
        self.kind = kind
    }
}
