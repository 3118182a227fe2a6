import AsyncHTTPClient
import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Ledger
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import SwiftProtobuf
import Synchronization
import Tensors
import TestSupport
import Wire

/// A coordinator that serves on a free port of this machine, with TLS, in a folder of its own; and a client for it.
final class ServerRoom: Sendable {
    /// The clock on the wall and the steady one, which a test moves.
    final class Clock: Sendable {
        private struct State {
            /// Time that the test let pass, and what it set the clock on the wall by.
            var passedMs: UInt64 = 0
            var setByMs: Int64 = 0
            var stoppedAt: (wallMs: UInt64, steadyMs: UInt64)?
        }

        private let state = Mutex(State())

        var nowMs: UInt64 {
            state.withLock { state in
                let wallMs = (state.stoppedAt?.wallMs ?? CoordinatorService.systemMs()) + state.passedMs
                return UInt64(Int64(wallMs) + state.setByMs)
            }
        }
        var steadyMs: UInt64 {
            state.withLock { ($0.stoppedAt?.steadyMs ?? CoordinatorService.steadyMs()) + $0.passedMs }
        }
        /// From here on only the test moves it.
        func stop() {
            state.withLock { $0.stoppedAt = (CoordinatorService.systemMs(), CoordinatorService.steadyMs()) }
        }
        /// Time passes.
        func advance(ms: UInt64) { state.withLock { $0.passedMs += ms } }
        /// Somebody sets the clock on the wall.
        func set(byMs: Int64) { state.withLock { $0.setByMs += byMs } }
    }

    /// Keeps what is logged.
    private struct Keeper: LogHandler {
        let keep: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.notice

        init(_ keep: @escaping @Sendable (String) -> Void) { self.keep = keep }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { keep(event.message.description) }
    }

    /// What came back.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]

        /// The word of a problem; nil if it is none.
        var problem: String? { (try? WireProblem(serializedBytes: bytes))?.code }
    }

    private let home: TemporaryFolder
    let folder: CoordinatorFolder
    let clock = Clock()
    let client: HTTPClient
    private let running = Mutex<(service: CoordinatorService, end: Task<Void, any Error>, port: Int)?>(nil)
    private let lines = Mutex<[String]>([])
    /// The key of each session, which signs what changes something.
    private let keys = Mutex<[String: SigningKey]>([:])
    private let configure: @Sendable (inout CoordinatorService.Options) -> Void

    private init(
        settings change: (inout CoordinatorSettings) -> Void,
        configure: @escaping @Sendable (inout CoordinatorService.Options) -> Void
    ) throws {
        home = try TemporaryFolder()
        folder = CoordinatorFolder(path: "\(home.path)/coordinator", heads: "\(home.path)/heads")
        self.configure = configure
        var settings = CoordinatorSettings(origin: "test.example/log", port: 0)
        change(&settings)
        let nowMs = CoordinatorService.systemMs()
        var money = CoordinatorSetup.Money()
        money.grants = [Genesis.Grant(account: try AccountName("sponsor/acme"), amount: 1_000_000_000)]
        try CoordinatorSetup.make(
            folder, CoordinatorFolder.Plan(settings: settings, nowSeconds: Int64(nowMs / 1_000)), money: money,
            nowMs: nowMs)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Does something with a coordinator that runs.
    static func with(
        settings: (inout CoordinatorSettings) -> Void = { _ in },
        configure: @escaping @Sendable (inout CoordinatorService.Options) -> Void = { _ in },
        _ body: (ServerRoom) async throws -> Void
    ) async throws {
        let room = try ServerRoom(settings: settings, configure: configure)
        do {
            try await room.start()
            try await body(room)
            try await room.stop()
            try await room.client.shutdown()
        } catch {
            try? await room.stop()
            try? await room.client.shutdown()
            throw error
        }
    }

    /// Starts the coordinator and returns when it takes requests.
    func start() async throws {
        var options = CoordinatorService.Options(folder: folder)
        options.version = "test"
        options.nowMs = { [clock] in clock.nowMs }
        options.steadyMs = { [clock] in clock.steadyMs }
        configure(&options)
        let level = LogLevelBox(.critical)
        let logger = Logger(label: "test") { [self] _ in Keeper { [self] line in lines.withLock { $0.append(line) } } }
        let service = try CoordinatorService(options, loader: SmallLoader(), level: level, logger: logger)
        let (ports, source) = AsyncStream.makeStream(of: Int.self)
        let end = Task {
            defer { source.finish() }
            try await service.run { _, port in source.yield(port) }
        }
        for await port in ports {
            running.withLock { $0 = (service, end, port) }
            return
        }
        try await end.value
        throw CoordinatorServerError(.cannotListen, "the coordinator ended before it listened")
    }

    /// Stops it in good order.
    func stop() async throws {
        let current = running.withLock { running in
            defer { running = nil }
            return running
        }
        current?.service.stop("the test is over")
        try await current?.end.value
    }

    /// What was logged, from notices on.
    var log: [String] { lines.withLock { $0 } }

    var port: Int { running.withLock { $0?.port ?? 0 } }
    var service: CoordinatorService? { running.withLock { $0?.service } }

    /// One request.
    func send(
        _ method: String, _ path: String, token: String? = nil, _ body: [UInt8]? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(path)")
        request.method = HTTPMethod(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let token, let key = keys.withLock({ $0[token] }), method != "GET",
            !headers.contains(where: { $0.0 == RequestSignature.header })
        {
            request.headers.add(
                name: RequestSignature.header,
                value: try RequestSignature.value(
                    by: key, method: method, path: path, body: body ?? [], token: token, origin: "test.example/log"))
        }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 8 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, bytes: Array(buffer: bytes))
    }

    /// One request with a message.
    func send(
        _ method: String, _ path: String, token: String? = nil, message: some Message
    ) async throws -> Answer {
        try await send(method, path, token: token, message.serializedBytes() as [UInt8])
    }

    /// A session's token.
    func session(_ key: SigningKey, _ role: WireRole = .participant) async throws -> String {
        let answer = try await openSession(key, role)
        return try WireSession(serializedBytes: answer.bytes).token
    }

    /// The two requests that open a session; a test may change the second.
    func openSession(
        _ key: SigningKey, _ role: WireRole, origin: String = "test.example/log",
        change: (inout WireSessionRequest) -> Void = { _ in }
    ) async throws -> Answer {
        let nonce = try await challenge(key)
        var request = WireSessionRequest()
        request.publicKey = Data(key.publicKey.bytes)
        request.nonce = Data(nonce)
        request.role = role
        request.signature = Data(
            try key.sign(SessionSignature.message(nonce: nonce, origin: origin, role: role)))
        change(&request)
        let answer = try await send("POST", "/v1/sessions", message: request)
        if let session = try? WireSession(serializedBytes: answer.bytes), answer.status == 200 {
            keys.withLock { $0[session.token] = key }
        }
        return answer
    }

    func challenge(_ key: SigningKey) async throws -> [UInt8] {
        var request = WireChallengeRequest()
        request.publicKey = Data(key.publicKey.bytes)
        let answer = try await send("POST", "/v1/sessions/challenge", message: request)
        return [UInt8](try WireChallenge(serializedBytes: answer.bytes).nonce)
    }

    /// A session of the coordinator's own key.
    func operatorSession() async throws -> String { try await session(folder.readKey(), .operator) }

    /// A participant that has joined: its key and a session.
    func participant(_ label: String = "", invitation: String = "") async throws -> (key: SigningKey, token: String) {
        let key = try SigningKey.generate()
        let token = try await session(key)
        var request = WireRegistrationRequest()
        request.label = label
        request.invitation = invitation
        let answer = try await send("POST", "/v1/participants", token: token, message: request)
        guard answer.status == 200 else {
            throw CoordinatorServerError(.badSettings, "registration: \(answer.status) \(answer.problem ?? "")")
        }
        return (key, token)
    }

    /// A metric's value, summed over its labels.
    func metric(_ name: String) async throws -> Double {
        let text = String(decoding: try await send("GET", "/metrics").bytes, as: UTF8.self)
        return text.split(separator: "\n")
            .filter { $0.hasPrefix("tributary_\(name) ") || $0.hasPrefix("tributary_\(name){") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}

extension ServerRoom {
    /// Waits until something holds, some minutes at most: the machine may be busy.
    func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<6_000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CoordinatorServerError(.limitExceeded, "it did not come about")
    }
}
