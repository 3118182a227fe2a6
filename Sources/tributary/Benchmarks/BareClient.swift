import Attestation
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SwiftProtobuf
import Wire

/// One TLS connection that asks one thing after the other: an agent's, without anything an agent does besides, so that
/// thousands fit into one process.
final class BareClient: Sendable {
    private let channel: any Channel
    private let inbox: NIOLoopBound<Inbox>

    private init(channel: any Channel, inbox: NIOLoopBound<Inbox>) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects from a loopback address: each has a rate of its own at the coordinator.
    static func connect(to join: JoinString, tls: NIOSSLContext, from source: String) async throws -> BareClient {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(to: try SocketAddress(ipAddress: source, port: 0))
        return try await bootstrap.connect(host: "127.0.0.1", port: join.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
                try pipeline.addHTTPClientHandlers()
                try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: 1 << 20))
                let inbox = Inbox()
                try pipeline.addHandler(inbox)
                return BareClient(channel: channel, inbox: NIOLoopBound(inbox, eventLoop: channel.eventLoop))
            }
        }
    }

    func close() { channel.close(promise: nil) }

    /// Posts a message, and reads the answer, which must be 200.
    func ask<Answer: Message>(
        _ path: String, _ body: some Message, session: Session? = nil, as _: Answer.Type = Answer.self
    ) async throws -> Answer {
        let bytes: [UInt8] = try body.serializedBytes()
        var headers: HTTPHeaders = ["Host": "localhost", "Content-Length": "\(bytes.count)"]
        if let session {
            headers.add(name: "Authorization", value: "Bearer \(session.token)")
            headers.add(
                name: RequestSignature.header,
                value: try RequestSignature.value(
                    by: session.key, method: "POST", path: path, body: bytes, token: session.token,
                    origin: session.origin))
        }
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)
        let promise = channel.eventLoop.makePromise(of: NIOHTTPClientResponseFull.self)
        channel.eventLoop.execute { [channel, inbox] in
            inbox.value.expect(promise)
            channel.pipeline.syncOperations.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
            let buffer = channel.allocator.buffer(bytes: bytes)
            channel.pipeline.syncOperations.write(NIOAny(HTTPClientRequestPart.body(.byteBuffer(buffer))), promise: nil)
            channel.pipeline.syncOperations.writeAndFlush(NIOAny(HTTPClientRequestPart.end(nil)), promise: nil)
        }
        let answer = try await promise.futureResult.get()
        let content = answer.body.map { Array($0.readableBytesView) } ?? []
        guard answer.head.status == .ok else {
            let problem = try? WireProblem(serializedBytes: content)
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "refused", .failure,
                    "POST \(path): \(answer.head.status.code) \(problem?.message ?? "without a reason")"))
        }
        return try Answer(serializedBytes: content)
    }

    /// A key's session at the log of that origin.
    struct Session: Sendable {
        let token: String
        let key: SigningKey
        let origin: String
    }

    /// Opens a session.
    func openSession(_ key: SigningKey, _ role: WireRole, origin: String) async throws -> Session {
        var ask = WireChallengeRequest()
        ask.publicKey = Data(key.publicKey.bytes)
        let challenge = try await self.ask("/v1/sessions/challenge", ask, as: WireChallenge.self)
        var request = WireSessionRequest()
        request.publicKey = ask.publicKey
        request.nonce = challenge.nonce
        request.role = role
        request.signature = Data(
            try key.sign(SessionSignature.message(nonce: [UInt8](challenge.nonce), origin: origin, role: role)))
        let token = try await self.ask("/v1/sessions", request, as: WireSession.self).token
        return Session(token: token, key: key, origin: origin)
    }
}

/// Hands answers to those who wait for them, in order. Used on its channel's event loop alone.
private final class Inbox: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull

    private var waiting: CircularBuffer<EventLoopPromise<NIOHTTPClientResponseFull>> = []
    private var isClosed = false

    func expect(_ promise: EventLoopPromise<NIOHTTPClientResponseFull>) {
        guard !isClosed else { return promise.fail(ChannelError.ioOnClosedChannel) }
        waiting.append(promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.popFirst()?.succeed(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        while let promise = waiting.popFirst() { promise.fail(ChannelError.eof) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        while let promise = waiting.popFirst() { promise.fail(error) }
        context.close(promise: nil)
    }
}
