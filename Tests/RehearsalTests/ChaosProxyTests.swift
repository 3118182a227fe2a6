import NIOCore
import NIOPosix
import Rehearsal
import Testing

@Suite("The proxy that fails links")
struct ChaosProxyTests {
    /// Everything that one end of a connection was sent, and how it ended.
    private struct Ending: Equatable {
        let bytes: [UInt8]
        let wasReset: Bool
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var bytes: [UInt8] = []
        private var wasReset = false
        private let promise: EventLoopPromise<Ending>

        init(_ promise: EventLoopPromise<Ending>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += Array(buffer: unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            wasReset = (error as? IOError)?.errnoCode == 104
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(Ending(bytes: bytes, wasReset: wasReset))
        }
    }

    /// Answers every byte with the next one, and ends when its client does.
    private final class Increment: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = Array(buffer: unwrapInboundIn(data)).map { $0 &+ 1 }
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case ChannelEvent.inputClosed = event else { return }
            // Once all of the answers are written.
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private static let group = MultiThreadedEventLoopGroup.singleton

    private func server(port: Int = 0) async throws -> any Channel {
        try await ServerBootstrap(group: Self.group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Increment()) }
            }.bind(host: "127.0.0.1", port: port).get()
    }

    private func connect(_ port: Int) async throws -> (channel: any Channel, ending: EventLoopFuture<Ending>) {
        let promise = Self.group.next().makePromise(of: Ending.self)
        let channel = try await ClientBootstrap(group: Self.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(promise))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        // Whoever never hears of an end fails, rather than wait for good.
        let alarm = promise.futureResult.eventLoop.scheduleTask(in: .minutes(2)) {
            promise.fail(ChannelError.connectTimeout(.minutes(2)))
        }
        promise.futureResult.whenComplete { _ in alarm.cancel() }
        return (channel, promise.futureResult)
    }

    /// Sends bytes over a link, ends, and says what came back; a link that resets at once gives nothing.
    private func exchange(_ bytes: [UInt8], _ port: Int) async throws -> Ending {
        guard let (channel, ending) = try? await connect(port) else { return Ending(bytes: [], wasReset: true) }
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        try? await channel.close(mode: .output)
        return try await ending.get()
    }

    private func sample(_ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ ($0 >> 9)) }
    }

    private func with(agents: Int, _ body: (ChaosProxy, Int) async throws -> Void) async throws {
        let server = try await server()
        let port = server.localAddress?.port ?? 0
        let proxy = try await ChaosProxy.start(coordinatorPort: port, agents: agents)
        try await body(proxy, port)
        proxy.stop()
        try await server.close()
    }

    @Test(
        "Without faults every byte arrives, both ways, on many connections at once",
        arguments: [1, 1_000, 3_000_000])
    func relaysFaithfully(byteCount: Int) async throws {
        let bytes = sample(byteCount)
        try await with(agents: 2) { proxy, _ in
            try await withThrowingTaskGroup(of: Ending.self) { group in
                for place in 0..<8 { group.addTask { try await exchange(bytes, proxy.ports[place % 2]) } }
                for try await ending in group {
                    #expect(ending == Ending(bytes: bytes.map { $0 &+ 1 }, wasReset: false))
                }
            }
            let counts = await proxy.counts()
            #expect(counts.faultCount == 0 && counts.connectionCount == 8)
            #expect(counts.byteCount == 16 * byteCount)
        }
    }

    @Test("A cut delivers so many bytes and then resets", arguments: [0, 1, 700, 70_000])
    func cuts(afterByteCount: Int) async throws {
        try await with(agents: 1) { proxy, _ in
            #expect(await proxy.set(LinkFault(agent: 0, kind: .cut(.down, afterByteCount: afterByteCount))))
            let (channel, ending) = try await connect(proxy.ports[0])
            try? await channel.writeAndFlush(ByteBuffer(bytes: sample(afterByteCount + 1_000)))
            let end = try await ending.get()
            // A reset may overtake what the receiver has not read yet, as it may anywhere.
            #expect(end.wasReset && end.bytes.count <= afterByteCount)
            let sent = sample(afterByteCount + 1_000).map { $0 &+ 1 }
            #expect(end.bytes == Array(sent.prefix(end.bytes.count)))
            #expect(await proxy.counts().struck == ["cut on the way down": 1])
            #expect(try await exchange([1, 2, 3], proxy.ports[0]).bytes == [2, 3, 4], "the next connection is quiet")
        }
    }

    @Test("Delays, throttles, stalls and single bytes change the time and nothing else")
    func slowness() async throws {
        let kinds: [LinkFault.Kind] = [
            .stall(.up, ms: 200), .delay(ms: 20, lastingMs: 100), .trickle(.down, byteCount: 100),
            .throttle(bytesPerSecond: 100_000, lastingMs: 100),
        ]
        for kind in kinds {
            try await with(agents: 1) { proxy, _ in
                #expect(await proxy.set(LinkFault(agent: 0, kind: kind)))
                let start = ContinuousClock.now
                let bytes = sample(30_000)
                let ending = try await exchange(bytes, proxy.ports[0])
                #expect(ending == Ending(bytes: bytes.map { $0 &+ 1 }, wasReset: false))
                #expect(ContinuousClock.now - start > .milliseconds(15), "\(kind)")
            }
        }
    }

    @Test("A partition refuses its agent and nobody else, and passes")
    func partition() async throws {
        try await with(agents: 2) { proxy, _ in
            var partitionCount = 0
            var refused = Ending(bytes: [], wasReset: false)
            var duration = Duration.milliseconds(200)
            // On a machine that is busy enough the partition is over before anybody has tried: then a longer one.
            while partitionCount < 8 {
                duration *= 2
                partitionCount += 1
                let start = ContinuousClock.now
                #expect(
                    await proxy.set(
                        LinkFault(agent: 0, kind: .partition(ms: Int(duration / .milliseconds(1))))))
                refused = try await exchange([1], proxy.ports[0])
                if ContinuousClock.now - start < duration { break }
            }
            #expect(refused.bytes.isEmpty)
            #expect(try await exchange([1], proxy.ports[1]).bytes == [2])
            try await Task.sleep(for: duration + .milliseconds(100))
            #expect(try await exchange([1], proxy.ports[0]).bytes == [2])
            #expect(await proxy.counts().struck == ["partition": partitionCount])
        }
    }

    @Test("What an agent sends and ends before its connection is relayed arrives all the same")
    func earlyEnd() async throws {
        try await with(agents: 1) { proxy, _ in
            for _ in 0..<200 {
                let ending = try await exchange([7], proxy.ports[0])
                #expect(ending.bytes == [8])
            }
        }
    }

    @Test("A coordinator that is away resets connections; when it is back they are relayed again")
    func coordinatorRestarts() async throws {
        let first = try await server()
        let port = first.localAddress?.port ?? 0
        let proxy = try await ChaosProxy.start(coordinatorPort: port, agents: 1)
        #expect(try await exchange([1], proxy.ports[0]).bytes == [2])
        try await first.close()
        #expect(try await exchange([1], proxy.ports[0]).bytes.isEmpty)
        let second = try await server(port: port)
        #expect(try await exchange([1], proxy.ports[0]).bytes == [2])
        proxy.stop()
        try await second.close()
    }
}
