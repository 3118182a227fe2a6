internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOSSL
internal import Synchronization

/// The certificate in use; connections that come after a change see the new one.
final class TLSIdentity: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ context: NIOSSLContext) { self.context = Mutex(context) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(with new: NIOSSLContext) { context.withLock { $0 = new } }

    /// TLS 1.2 or newer with this certificate and key, both PEM.
    static func context(chain: [UInt8], privateKey: [UInt8]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // A client that hangs up without a word of TLS is not waited for when the server stops.
        configuration.shutdownTimeout = CoordinatorServerLimits.farewell
        return try NIOSSLContext(configuration: configuration)
    }
}

/// The public side of the server: TLS, HTTP/1.1, and a watch over every connection.
struct PublicPort: ServerChildChannel {
    /// One connection.
    struct Value: ServerChildChannelValue {
        let inner: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let link: ConnectionLink
        var channel: any Channel { inner.channel }
    }

    typealias Responder =
        @Sendable (Request, consuming ResponseWriter, any Channel, ConnectionLink) async throws -> Void

    let identity: TLSIdentity
    let counter: ByteCounter
    let times: ConnectionTimes
    let places: ConnectionPlaces
    let respond: Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let link = ConnectionLink()
        let (counter, times) = (counter, times)
        var configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionWatch(link: link, counter: counter, times: times)])
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: CoordinatorServerLimits.headerByteCount,
            maxHeaderListSize: CoordinatorServerLimits.headerByteCount,
            maxHeaderFieldCount: CoordinatorServerLimits.headerCount)
        let http = HTTP1Channel(responder: { _, _, _ in }, configuration: configuration)
        counter.opened()
        let address = ClientAddress.name(of: channel.remoteAddress?.ipAddress)
        let hasPlace = places.enter(address)
        channel.closeFuture.whenComplete { [places] _ in
            places.leave(address)
            counter.closed()
        }
        return channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: CoordinatorServerLimits.readsPerTurn)
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: identity.current))
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.map { inner in
            // An error here would end the listener: the connection is closed as any other.
            if !hasPlace { channel.close(promise: nil) }
            return Value(inner: inner, link: link)
        }
    }

    func handle(value: Value, logger: Logger) async {
        let http = HTTP1Channel(responder: { request, writer, channel in
            try await respond(request, writer, channel, value.link)
        })
        await http.handle(value: value.inner, logger: logger)
    }
}
