import Attestation
import CoordinatorServer
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Wire

@Suite("Slow and broken clients")
struct SlowClientTests {
    /// A TLS connection that sends bytes as it likes, and collects what comes back until the other side closes.
    private struct Line {
        let channel: any Channel
        let received: EventLoopFuture<String>

        func send(_ text: String) async throws {
            try await channel.writeAndFlush(ByteBuffer(string: text))
        }

        /// Everything that came, once the other side closed.
        func end() async throws -> String { try await received.get() }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var text = ""
        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private func connect(_ room: ServerRoom) async throws -> Line {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers([
                    try NIOSSLClientHandler(context: context, serverHostname: nil), Collector(promise),
                ])
            }
        }.connect(host: "127.0.0.1", port: room.port).get()
        return Line(channel: channel, received: promise.futureResult)
    }

    // Each test shortens the one time that it is about: on a busy machine the others would run out, too.

    @Test("A connection whose request does not come is closed")
    func slowHeader() async throws {
        try await ServerRoom.with(configure: { $0.limits.times.firstHeaderMs = 400 }) { room in
            let silent = try await connect(room)
            let half = try await connect(room)
            // It may be too late for that already.
            try? await half.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            #expect(try await half.end().isEmpty)
            #expect(try await silent.end().isEmpty)
            try await room.eventually { try await room.metric("connections") <= 1 }
        }
    }

    @Test("One address does not take every connection: those past its share are closed, and it gets them back")
    func tooMany() async throws {
        try await ServerRoom.with(configure: { $0.limits.connectionsPerAddress = 3 }) { room in
            let lines = [try await connect(room), try await connect(room), try await connect(room)]
            let request = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let past = try await connect(room)
            try? await past.send(request)
            #expect(try await past.end().isEmpty)
            for line in lines {
                try await line.send(request)
                #expect(try await line.end().hasPrefix("HTTP/1.1 200"))
            }
            try await room.eventually { (try? await room.send("GET", "/healthz").status) == 200 }
        }
    }

    @Test("A connection that has nothing more to ask is closed")
    func idle() async throws {
        try await ServerRoom.with(configure: { $0.limits.times.keepAliveMs = 400 }) { room in
            let wire = try await connect(room)
            try await wire.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await wire.end().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("A body that does not come in time is answered 408")
    func slowBody() async throws {
        try await ServerRoom.with(configure: { $0.limits.times.bodyMs = 400 }) { room in
            let wire = try await connect(room)
            try await wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            let answer = try await wire.end()
            #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains("timeout"), "\(answer)")
        }
    }

    @Test("A body of unknown length that does not come in time is answered 408, too")
    func slowChunks() async throws {
        try await ServerRoom.with(configure: { $0.limits.times.chunkMs = 400 }) { room in
            let wire = try await connect(room)
            try await wire.send(
                "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            let answer = try await wire.end()
            #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains("timeout"), "\(answer)")
        }
    }

    @Test("A chunk that nobody wants is passed over, and the next request on its connection is answered")
    func unwantedChunk() async throws {
        try await ServerRoom.with { room in
            let wire = try await connect(room)
            let path = "/v1/updates/\(String(repeating: "ab", count: 32))/chunks/0"
            try await wire.send(
                "PUT \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                    + String(repeating: "x", count: 1_000_000)
                    + "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer = try await wire.end()
            #expect(answer.hasPrefix("HTTP/1.1 401") && answer.contains("HTTP/1.1 200"), "\(answer)")
        }
    }

    @Test("A body that says it is too long is answered 413 before it is read, and the connection ends")
    func longBody() async throws {
        try await ServerRoom.with { room in
            let wire = try await connect(room)
            try await wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nabc")
            #expect(try await wire.end().hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test("Requests that follow a refusal on the connection that it closes end that connection, and nothing else")
    func afterRefusal() async throws {
        try await ServerRoom.with(configure: { $0.limits.addressRate = .init(burst: 3, perSecond: 0.1) }) { room in
            let request = "POST /v1/sessions/challenge HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
            for _ in 0..<5 {
                let wire = try await connect(room)
                try? await wire.send(String(repeating: request, count: 200))
                #expect(try await wire.end().contains("HTTP/1.1 429"))
            }
            #expect(try await room.send("GET", "/healthz").status == 200)
        }
    }

    @Test("What is no HTTP is answered 400, headers without end are cut off")
    func nonsense() async throws {
        try await ServerRoom.with { room in
            let wire = try await connect(room)
            try await wire.send("hello there\r\n\r\n")
            #expect(try await wire.end().hasPrefix("HTTP/1.1 400"))
            let endless = try await connect(room)
            try? await endless.send("GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 40_000))\r\n\r\n")
            let answer = try await endless.end()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("HTTP/1.1 431"))
            #expect(try await room.send("GET", "/healthz").status == 200)
        }
    }

    @Test("A client that expects to be asked for its body is asked")
    func expectContinue() async throws {
        try await ServerRoom.with(configure: { $0.limits.times.keepAliveMs = 400 }) { room in
            let wire = try await connect(room)
            try await wire.send(
                "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            try await wire.send("abc")
            let answer = try await wire.end()
            #expect(answer.hasPrefix("HTTP/1.1 100") && answer.contains("HTTP/1.1 400"), "\(answer)")
        }
    }

    @Test("A body that was cut off is answered, if at all, so that its sender tries again")
    func cutBody() async throws {
        try await ServerRoom.with { room in
            let wire = try await connect(room)
            try await wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            // A drill's proxy closed one direction alone: the agent took the answer for a refusal, and ended.
            try await wire.channel.close(mode: .output)
            let answer = try await wire.end()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 408") && answer.contains("timeout"), "\(answer)")
        }
    }

    @Test("A request whose connection breaks in its body changes nothing")
    func brokenBody() async throws {
        try await ServerRoom.with { room in
            let wire = try await connect(room)
            try await wire.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            try await wire.channel.close()
            try await room.eventually { try await room.metric("connections") <= 1 }
            #expect(try await room.send("GET", "/healthz").status == 200)
        }
    }
}
