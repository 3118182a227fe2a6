internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Keeps a connection from costing more than it should: ends those that are slow to ask, slow to send a body or slow to
/// take an answer, leaves a large body in the system's buffers until its request wants it, and tells a request that its
/// client has hung up.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A body that did not come in time.
    struct BodyTimeout: Error {}

    /// A request wants its large body now.
    struct BodyWanted: Sendable {}

    /// What is waited for.
    private enum Phase {
        /// A request's headers.
        case request
        /// The rest of a request's body.
        case body
        /// The server's answer, or its being taken.
        case answer
        /// The end of a body that nobody reads, so that its sender sees the answer.
        case draining
        case closed
    }

    private let link: ConnectionLink
    private let counter: ByteCounter
    private let times: ConnectionTimes
    private var phase = Phase.request
    private var deadline: NIODeadline?
    private var alarm: (task: Scheduled<Void>, at: NIODeadline)?
    private var closesAfterAnswer = false
    private var isBodyEnded = true
    /// Whether a large body that nobody has asked for yet is left unread, without a time, and whether a read waits for
    /// that.
    private var isUnwanted = false
    private var readWaits = false
    private var drained = 0

    init(link: ConnectionLink, counter: ByteCounter, times: ConnectionTimes) {
        self.link = link
        self.counter = counter
        self.times = times
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(.milliseconds(times.firstHeaderMs), context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        phase = .closed
        deadline = nil
        alarm?.task.cancel()
        alarm = nil
        link.drop()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.drop()
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { link.drop() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .draining = phase { return drain(part, context) }
        switch part {
        case .head(let head):
            isBodyEnded = false
            isUnwanted = Self.isLarge(head)
            phase = .body
            if isUnwanted { deadline = nil } else { setDeadline(.milliseconds(times.bodyMs), context) }
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let bytes): counter.received(bytes.readableBytes)
        case .end:
            isBodyEnded = true
            if case .body = phase {
                phase = .answer
                deadline = nil
            }
        }
        context.fireChannelRead(data)
    }

    /// Whether a request's body is more than a message, or does not say how long it is.
    private static func isLarge(_ head: HTTPRequest) -> Bool {
        guard let announced = head.headerFields[.contentLength] else {
            return head.headerFields[.transferEncoding] != nil
        }
        return Int(announced).map { $0 > CoordinatorServerLimits.promptBodyByteCount } ?? true
    }

    func read(context: ChannelHandlerContext) {
        if isUnwanted, case .body = phase {
            readWaits = true
        } else {
            context.read()
        }
    }

    /// A large body may come, and its time runs.
    private func letBodyCome(_ context: ChannelHandlerContext) {
        guard isUnwanted else { return }
        isUnwanted = false
        setDeadline(.milliseconds(times.chunkMs), context)
        guard readWaits else { return }
        readWaits = false
        context.read()
    }

    private func drain(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        // The connection is being closed already; parts that were read before that still come.
        guard drained <= CoordinatorServerLimits.drainByteCount else { return }
        switch part {
        case .body(let bytes): drained += bytes.readableBytes
        case .end, .head: drained = .max
        }
        if drained > CoordinatorServerLimits.drainByteCount { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closesAfterAnswer = head.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .body(let bytes):
            counter.sent(bytes.readableBytes)
            context.write(data, promise: promise)
        case .end:
            guard closesAfterAnswer else {
                if isBodyEnded {
                    phase = .request
                    setDeadline(.milliseconds(times.keepAliveMs), context)
                }
                letBodyCome(context)
                return context.write(data, promise: promise)
            }
            phase = .draining
            letBodyCome(context)
            setDeadline(.milliseconds(times.drainMs), context)
            guard isBodyEnded else { return context.writeAndFlush(data, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .answer = phase {
            if context.channel.isWritable {
                deadline = nil
            } else {
                setDeadline(.milliseconds(times.writeStallMs), context)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if case .body = phase { letBodyCome(context) }
        promise?.succeed(())
    }

    // One alarm serves all deadlines: it looks, and is set again if there is more to wait for.

    private func setDeadline(_ wait: TimeAmount, _ context: ChannelHandlerContext) {
        let new = NIODeadline.now() + wait
        deadline = new
        if let alarm, alarm.at <= new { return }
        setAlarm(new, context)
    }

    private func setAlarm(_ time: NIODeadline, _ context: ChannelHandlerContext) {
        alarm?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = (context.eventLoop.scheduleTask(deadline: time) { bound.value.0.rang(bound.value.1) }, time)
    }

    private func rang(_ context: ChannelHandlerContext) {
        alarm = nil
        guard let deadline else { return }
        if deadline > .now() { return setAlarm(deadline, context) }
        self.deadline = nil
        switch phase {
        case .body where !isBodyEnded:
            // The request is told; it answers, and the connection is closed after that, or soon anyway.
            phase = .draining
            context.fireErrorCaught(BodyTimeout())
            setDeadline(.milliseconds(times.drainMs), context)
        case .request, .body, .answer, .draining: context.close(promise: nil)
        case .closed: break
        }
    }
}
