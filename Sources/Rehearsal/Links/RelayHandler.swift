import NIOCore

/// Hands what happens on one side of a relayed connection to the connection.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RelayedConnection
    /// Which way bytes that are read here go.
    private let direction: LinkFault.Direction

    init(_ connection: RelayedConnection, _ direction: LinkFault.Direction) {
        self.connection = connection
        self.direction = direction
    }

    /// The agent's side comes to life last: now both can be read.
    func channelActive(context: ChannelHandlerContext) {
        if direction == .up { connection.start() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(unwrapInboundIn(data), direction)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { connection.ended(direction) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed(direction)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.reset() }
}
