internal import Attestation
internal import Coordination
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Runs
internal import Synchronization
internal import Wire

/// Answers requests: reads them, asks who may, calls the host, the vault and the books, and writes what came of it.
///
/// Everything that hashes or waits for a disk runs on a thread pool, never on the threads that move bytes.
package final class CoordinatorAPI: Sendable {
    /// What it stands on.
    struct Parts: Sendable {
        let host: CoordinatorHost
        let vault: FolderVault
        let sessions: SessionTable
        let invitations: InvitationBook
        let bans: BanList
        let metrics: ServerMetrics
        let counter: ByteCounter
        let loader: any TaskMaterialLoading
        let folder: CoordinatorFolder
        let settings: CurrentSettings
        let origin: String
        let operatorKey: PublicKey
        let verifierKey: String
        let version: String
        /// The ledger's time, in milliseconds since the Unix epoch.
        let nowMs: @Sendable () -> UInt64
        /// This machine's clock, in milliseconds since the Unix epoch.
        let wallMs: @Sendable () -> UInt64
        /// Milliseconds of a clock that never goes back nor jumps: for whatever lasts so long.
        let steadyMs: @Sendable () -> UInt64
        let pool: NIOThreadPool
        let logger: Logger
        let limits: RequestLimits
    }

    let parts: Parts
    /// Keys of banned participants, kept beside their numbers so that every request can be asked.
    let bannedKeys = Mutex<Set<PublicKey>>([])
    private let sending: ChunkGate
    let receiving: ChunkGate
    let buffers = ChunkBufferPool()
    private let keyRates: RateLimiter<PublicKey>
    /// Requests of members' sessions by address, apart from all others of that address: who has no session, or one of a
    /// key that nobody knows, takes nothing from those who have.
    private let memberRates: RateLimiter<String>
    private let addressRates: RateLimiter<String>
    /// New keys without an invitation.
    let registrationRates: RateLimiter<String>
    private let stopping = Mutex(false)

    init(_ parts: Parts) {
        self.parts = parts
        sending = ChunkGate(parts.limits.chunksServed, most: parts.limits.slowChunks)
        receiving = ChunkGate(parts.limits.chunksReceived, most: parts.limits.slowChunks)
        keyRates = RateLimiter(parts.limits.keyRate)
        let addressRate = parts.limits.addressRate ?? CoordinatorServerLimits.addressRate
        memberRates = RateLimiter(addressRate)
        addressRates = RateLimiter(addressRate)
        registrationRates = RateLimiter(parts.limits.registrationRate)
    }

    /// From now on requests are turned away.
    func beginStop() { stopping.withLock { $0 = true } }

    var isStopping: Bool { stopping.withLock { $0 } }

    /// Answers one request.
    func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ link: ConnectionLink
    ) async throws {
        let start = ContinuousClock.now
        let exchange = Exchange(request: request, channel: channel, link: link)
        var name = "none"
        var reply: Reply
        do {
            let route = try Route(method: request.method.rawValue, target: request.head.path ?? "/")
            name = route.name
            reply = try await answer(route, exchange)
        } catch {
            reply = problem(error, name)
        }
        if isStopping { reply.closesConnection = true }
        defer {
            parts.metrics.answered(
                name, status: reply.status, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
        try await write(reply, writer, channel)
    }

    /// Asks whether the request may be made, and makes it.
    private func answer(_ route: Route, _ exchange: Exchange) async throws -> Reply {
        let steadyMs = parts.steadyMs()
        if isStopping, route != .health, route != .readiness, route != .metrics {
            throw ServerProblem(.unavailable, "the coordinator stops", retryAfterMs: 2_000)
        }
        let found = exchange.token.flatMap { parts.sessions.find($0, nowMs: steadyMs) }
        let rates = found?.isMember == true ? memberRates : addressRates
        if route != .health, let waitMs = rates.admit(exchange.address, nowMs: steadyMs) {
            throw ServerProblem(
                .rateLimited, "too many requests from this address", hint: "ask less often", retryAfterMs: waitMs,
                closesConnection: true)
        }
        guard let roles = route.roles else { return try await openAnswer(route, exchange, found) }
        guard let session = found else {
            throw ServerProblem(
                .unknownSession, "no session with this token", hint: "open one: POST /v1/sessions/challenge")
        }
        guard !bannedKeys.withLock({ $0.contains(session.key) }) else {
            throw ServerProblem(.banned, "\(session.key.did) is banned", hint: "ask the operator why")
        }
        guard roles.contains(session.role) else {
            throw ServerProblem(
                .forbidden, "the role of this session may not do this", hint: "Protocols/http.md has the roles")
        }
        if let waitMs = keyRates.admit(session.key, nowMs: steadyMs) {
            throw ServerProblem(
                .rateLimited, "too many requests of this key", hint: "ask less often", retryAfterMs: waitMs)
        }
        var exchange = exchange
        if route.isSigned {
            exchange.signer = (session.key, parts.origin)
            if route.bodyLimit == 0 { try exchange.checkSignature(of: []) }
        }
        return try await sessionAnswer(route, exchange, session)
    }

    /// What needs no session.
    private func openAnswer(
        _ route: Route, _ exchange: Exchange, _ session: SessionTable.Session?
    ) async throws -> Reply {
        switch route {
        case .health: Reply(text: "ok\n")
        case .readiness: readiness()
        case .metrics: try await metrics(exchange, session)
        case .coordinator: try await coordinatorInfo()
        case .challenge: try await challenge(exchange)
        default: try await openSession(exchange)
        }
    }

    /// What needs a session; its role has been looked at.
    private func sessionAnswer(
        _ route: Route, _ exchange: Exchange, _ session: SessionTable.Session
    ) async throws -> Reply {
        switch route {
        case .register: try await register(exchange, session)
        case .leave: try await leave(session)
        case .work: try await work(exchange, session)
        case .tasks: try await tasks(session)
        case .taskText(let task): try await taskText(task)
        case .blob(let digest): try await blob(digest, session)
        case .blobChunk(let digest, let index): try await blobChunk(digest, index, session)
        case .beginUpload(let digest): try await beginUpload(digest, exchange, session)
        case .putChunk(let digest, let index): try await putChunk(digest, index, exchange, session)
        case .contribute: try await contribute(exchange, session)
        case .account: try await account(session)
        case .receipt(let sequence): try await receipt(sequence, session)
        case .checkpoint: try await checkpoint(session)
        case .entries(let first, let count): try await entries(from: first, count: count)
        case .openTask: try await openTask(exchange)
        case .invite: try await invite(exchange)
        case .participants: try await participants()
        case .ban(let number): try await ban(number, exchange)
        case .units(let number): try await assignUnits(number, exchange)
        case .closeTask(let task): try await closeTask(task)
        case .fundTask(let task, let amount): try await fundTask(task, amount)
        case .health, .readiness, .metrics, .coordinator, .challenge, .openSession: Reply(status: 404)
        }
    }

    /// Runs what hashes or waits for the disk.
    func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await parts.pool.runIfActive(body)
    }

    /// The answer to a request that failed.
    private func problem(_ error: any Error, _ route: String) -> Reply {
        let problem = ServerProblem(error)
        if problem.code == .internalFailure || problem.code == .diskFull {
            parts.logger.error("a request failed", metadata: ["route": "\(route)", "error": "\(error)"])
        }
        var message = WireProblem()
        message.code = problem.code.rawValue
        message.message = problem.message
        message.hint = problem.hint
        message.retryAfterMs = problem.retryAfterMs
        // A message of short texts always serializes.
        var reply = (try? Reply(message)) ?? Reply(status: 500)
        reply.status = problem.code.status
        reply.closesConnection = problem.closesConnection
        if problem.retryAfterMs > 0 {
            reply.fields[.retryAfter] = String((problem.retryAfterMs + 999) / 1_000)
        }
        return reply
    }

    // Writing.

    private func write(_ reply: Reply, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        var fields = reply.fields
        if reply.status != 204 { fields[.contentLength] = String(reply.byteCount) }
        if reply.closesConnection { fields[.connection] = "close" }
        let head = HTTPResponse(status: .init(code: reply.status), headerFields: fields)
        switch reply.body {
        case .none: try await writer.writeResponse(head)
        case .bytes(let bytes): try await writer.write(response: head, body: ResponseBody(byteBuffer: bytes))
        case .range(let file, let range):
            await sending.enter()
            defer { sending.leave() }
            try await send(file, range, to: writer.writeHead(head), over: channel)
        }
    }

    /// Sends a file's bytes in pieces; the next is read when the client has taken most of the one before.
    private func send(
        _ file: FileBlob, _ range: Range<Int>, to writer: consuming some ResponseBodyWriter, over channel: any Channel
    ) async throws {
        var writer = writer
        var start = range.lowerBound
        while start < range.upperBound {
            let count = min(CoordinatorServerLimits.pieceByteCount, range.upperBound - start)
            let offset = start
            let piece = try await blocking {
                var piece = ByteBufferAllocator().buffer(capacity: count)
                try piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { buffer in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
                    return count
                }
                return piece
            }
            try await writer.write(piece)
            start += count
            // The writer makes us wait for the client as soon as the channel has seen the piece; until then it takes
            // any number.
            if start < range.upperBound { try await channel.eventLoop.submit {}.get() }
        }
        try await writer.finish(nil)
    }
}
