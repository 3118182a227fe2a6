import NIOCore
import NIOPosix

/// One agent's way to the coordinator: a port of its own, the connections over it, and the faults that wait for one.
/// Confined to its event loop.
final class ChaosLink {
    private let loop: any EventLoop
    private let coordinatorPort: Int
    private var listener: (any Channel)?
    private var connections: [ObjectIdentifier: RelayedConnection] = [:]
    /// Oldest first.
    private var waiting: [LinkFault] = []
    /// Bytes delivered since a fault struck.
    private var quietByteCount = 0
    private var refusesUntil: NIODeadline = .uptimeNanoseconds(0)
    private(set) var counts = LinkCounts()

    init(loop: any EventLoop, coordinatorPort: Int) {
        self.loop = loop
        self.coordinatorPort = coordinatorPort
    }

    /// Takes connections at a free port of loopback.
    ///
    /// - Returns: the listener's channel.
    func listen() -> EventLoopFuture<any Channel> {
        let link = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { link.value.accept($0) }
            .bind(host: "127.0.0.1", port: 0)
            .assumeIsolated()
            .map { channel in
                link.value.listener = channel
                return channel
            }
            .nonisolated()
    }

    /// Sets a fault, to strike when the link has been quiet for long enough and carries something that it can hit.
    ///
    /// - Parameter isCounted: false on all links but one, where one fault hits all.
    /// - Returns: false if too many wait already.
    func set(_ fault: LinkFault, isCounted: Bool) -> Bool {
        if case .partition(let ms) = fault.kind {
            refusesUntil = max(refusesUntil, .now() + .milliseconds(Int64(ms)))
            if isCounted { struck(fault.kind) }
            for connection in Array(connections.values) { connection.reset() }
            return true
        }
        guard waiting.count < RehearsalLimits.waitingFaultCount else { return false }
        waiting.append(fault)
        return true
    }

    /// Forgets the faults that wait, resets what is open and takes no more.
    func close() {
        waiting = []
        listener?.close(promise: nil)
        for connection in Array(connections.values) { connection.reset() }
    }

    // What connections tell.

    /// Gives a connection the oldest fault that waits, if it can suffer it from these bytes on.
    func offer(to connection: RelayedConnection, _ direction: LinkFault.Direction) {
        guard connection.isQuiet, let fault = waiting.first, quietByteCount >= fault.quietByteCount else { return }
        let kind = fault.kind
        switch kind {
        case .reset:
            waiting.removeFirst()
            struck(kind)
            // Any of them: one that waits for an answer as well as the one that carries these bytes.
            (connections.values.first { $0 !== connection } ?? connection).reset()
        case .unheard:
            guard connection.isEstablished, direction == .up else { return }
            waiting.removeFirst()
            connection.take(kind)
        case .cut(let way, _), .halfClose(let way), .stall(let way, _), .trickle(let way, _):
            guard way == direction else { return }
            waiting.removeFirst()
            connection.take(kind)
        case .delay, .throttle, .partition:
            waiting.removeFirst()
            connection.take(kind)
        }
    }

    func struck(_ kind: LinkFault.Kind) {
        counts.note(kind)
        quietByteCount = 0
    }

    func delivered(_ byteCount: Int) {
        counts.byteCount += byteCount
        quietByteCount += byteCount
    }

    func ended(_ connection: RelayedConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Connects to the coordinator for an agent's new connection.
    ///
    /// - Returns: when the agent's side may be read. Not before: a socket whose sender has ended is read to its end
    ///   whether anybody asked for it or not, and what nobody takes yet would be lost.
    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard NIODeadline.now() >= refusesUntil, connections.count < RehearsalLimits.linkConnectionCount else {
            RelayedConnection.reset(channel)
            return loop.makeSucceededVoidFuture()
        }
        return ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(.milliseconds(RehearsalLimits.relayConnectMs))
            .connect(host: "127.0.0.1", port: coordinatorPort)
            .assumeIsolated()
            .map { self.join(channel, $0) }
            // A coordinator that is down resets connections, as its machine would.
            .recover { _ in RelayedConnection.reset(channel) }
            .nonisolated()
    }

    private func join(_ agentSide: any Channel, _ coordinatorSide: any Channel) {
        let connection = RelayedConnection(agentSide: agentSide, coordinatorSide: coordinatorSide, link: self)
        connections[ObjectIdentifier(connection)] = connection
        counts.connectionCount += 1
        do {
            try agentSide.pipeline.syncOperations.addHandler(RelayHandler(connection, .up))
            try coordinatorSide.pipeline.syncOperations.addHandler(RelayHandler(connection, .down))
        } catch {
            connection.reset()
        }
    }
}
