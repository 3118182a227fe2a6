package import Attestation
internal import Coordination
internal import Foundation
internal import HummingbirdCore
internal import Ledger
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// A coordinator in its folder, from its lock to its last checkpoint.
package final class CoordinatorService: Sendable {
    /// How it is run.
    package struct Options: Sendable {
        package var folder: CoordinatorFolder
        /// Instead of what the settings say.
        package var listen: (host: String, port: Int)?
        /// Ends when every task is closed.
        package var exitsWhenClosed = false
        /// Most threads of one job.
        package var threads = 1
        package var version = ""
        package var limits = RequestLimits()
        /// Milliseconds since the Unix epoch.
        package var nowMs: @Sendable () -> UInt64 = { CoordinatorService.systemMs() }
        /// Milliseconds of a clock that never goes back nor jumps.
        package var steadyMs: @Sendable () -> UInt64 = { CoordinatorService.steadyMs() }
        /// Whether something keeps this machine's clock right.
        package var isClockSynchronised: @Sendable () -> Bool = { MachineClock.isSynchronised() }

        package init(folder: CoordinatorFolder) { self.folder = folder }
    }

    /// What the service waits for.
    enum Event: Sendable {
        /// It listens at this port.
        case listening(host: String, port: Int)
        /// Stop in good order.
        case stop(String)
        /// Read settings, certificate and bans anew.
        case reload
        /// Every task is closed.
        case allClosed
        /// The ledger cannot be written.
        case ledgerFailed(CoordinationError)
        /// The listener ended, by itself or because it was told to.
        case ended(CoordinatorServerError?)
    }

    let options: Options
    let settings: CoordinatorSettings
    let signer: NoteSigner
    let certificate: ServerCertificate
    let identity: TLSIdentity
    let host: CoordinatorHost
    let vault: FolderVault
    let api: CoordinatorAPI
    let logger: Logger
    let level: LogLevelBox
    let events: AsyncStream<Event>
    let eventSource: AsyncStream<Event>.Continuation
    let progressChanges: AsyncStream<Void>
    let bookChanges: AsyncStream<Void>
    private let progressSource: AsyncStream<Void>.Continuation
    private let changeSources: [AsyncStream<Void>.Continuation]
    private let counter = ByteCounter()
    private let pool: NIOThreadPool
    private let lock: FolderLock
    private let heads: SignedHeadFile

    /// Takes the folder, reads what is in it, and replays the ledger.
    ///
    /// - Parameters:
    ///   - loader: reads the data of tasks.
    ///   - makeLogger: a log with the level that the settings name.
    /// - Throws: `CoordinatorServerError` with the cause and the next command.
    package init(
        _ options: Options, loader: any TaskMaterialLoading, level: LogLevelBox, logger: Logger
    ) throws {
        let folder = options.folder
        self.options = options
        self.level = level
        self.logger = logger
        settings = try folder.readSettings()
        lock = try folder.takeLock()
        level.current = Logger.Level(rawValue: settings.logLevel) ?? .info
        let key = try folder.readKey()
        try folder.keepPrivate()
        let nowMs = options.nowMs
        let clock = ProcessClock(wallMs: nowMs, steadyMs: options.steadyMs)
        connectionLimit = try FileLimit.connectionCount(descriptors: FileLimit.raise())
        let pair = try folder.readCertificate(nowSeconds: Int64(nowMs() / 1_000))
        certificate = pair.certificate
        do {
            identity = TLSIdentity(try TLSIdentity.context(chain: pair.chain, privateKey: pair.privateKey))
            signer = try NoteSigner(name: settings.origin, key: key)
        } catch {
            throw CoordinatorServerError(.badCertificate, "the certificate cannot be used: \(error)")
        }
        heads = try SignedHeadFile(folder: folder, key: key.publicKey)
        // Left behind by a process that was killed.
        CoordinatorFolder.remove(folder.address)
        let metrics = ServerMetrics()
        let notices = NoticeLog(logger)
        (events, eventSource) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(1_024))
        let progress = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let books = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (progressChanges, bookChanges) = (progress.stream, books.stream)
        progressSource = progress.continuation
        changeSources = [progress.continuation, books.continuation]
        let current = CurrentSettings(settings)
        let opening = Opening(folder: folder, settings: current, loader: loader, clock: clock, logger: logger)
        vault = try opening.vault(threads: options.threads)
        let source = eventSource
        let changes = changeSources
        let exitsWhenClosed = options.exitsWhenClosed
        host = try opening.host(
            signer: signer, heads: heads, vault: vault, threads: options.threads,
            isClockSynchronised: options.isClockSynchronised(),
            noticed: { notice in
                metrics.take(notice)
                notices.take(notice)
                if exitsWhenClosed, case .taskClosed = notice { source.yield(.allClosed) }
            },
            changed: { for change in changes { change.yield() } },
            failed: { source.yield(.ledgerFailed($0)) })
        self.notices = notices
        var limits = options.limits
        let perSecond = Double(settings.requestsPerAddress)
        limits.addressRate = limits.addressRate ?? TokenBucket.Rate(burst: 2 * perSecond, perSecond: perSecond)
        pool = NIOThreadPool(numberOfThreads: max(4, 2 * System.coreCount))
        pool.start()
        api = CoordinatorAPI(
            CoordinatorAPI.Parts(
                host: host, vault: vault, sessions: SessionTable(origin: settings.origin),
                invitations: try InvitationBook(folder: folder), bans: try BanList(folder: folder), metrics: metrics,
                counter: counter, loader: loader, folder: folder, settings: current, origin: settings.origin,
                operatorKey: key.publicKey, verifierKey: signer.verifier.vkey, version: options.version,
                nowMs: { clock.nowMs }, wallMs: nowMs, steadyMs: options.steadyMs, pool: pool, logger: logger,
                limits: limits))
    }

    private let notices: NoticeLog
    /// Connections that may be open at one time.
    private let connectionLimit: Int

    /// Checks the log.
    package var verifier: NoteVerifier { signer.verifier }

    /// Asks a running service to stop in good order.
    package func stop(_ reason: String) { eventSource.yield(.stop(reason)) }

    /// Asks a running service to read its settings anew.
    package func reload() { eventSource.yield(.reload) }

    /// Serves until it is told to stop, or cannot go on.
    ///
    /// - Parameter listening: called once, when requests are taken.
    /// - Throws: `CoordinatorServerError` if the address cannot be listened at; `CoordinationError` with code
    ///   `ledgerFailed` if the ledger could not be written.
    package func run(listening: @escaping @Sendable (String, Int) -> Void = { _, _ in }) async throws {
        defer {
            changeSources.forEach { $0.finish() }
            // Whoever waits for the end may start another at once, whatever still holds on to this object.
            heads.release()
            lock.release()
        }
        // Before the start, which reports on rounds that it opens: by their tasks' names.
        notices.learn(tasks: await host.tasks(), participants: await host.participants())
        await host.start()
        await api.applyBans()
        if settings.participation == .open { await warnOfOpenRegistration() }
        let listener = makeListener()
        let keeper = BookKeeper(host: host, folder: options.folder, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in await listen(listener) }
            group.addTask { [self] in await keeper.run(bookChanges) }
            group.addTask { [self] in
                var reporter = ProgressReporter(host: host, logger: logger)
                await reporter.run(progressChanges)
            }
            group.addTask { [progressSource] in await ProgressReporter.remind(progressSource) }
            group.addTask { [host] in await Self.keepHeads(host) }
            defer { group.cancelAll() }
            try await follow(listener, keeper, listening)
        }
        try? await pool.shutdownGracefully()
    }

    /// Signs a head of what was written, once a second: an older copy of the ledger is refused, even where nobody asked
    /// for a head before a crash.
    private static func keepHeads(_ host: CoordinatorHost) async {
        while !Task.isCancelled {
            await host.keepHead()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// The server of the port, which runs as a service so that it can be told to stop.
    private func makeListener() -> ServiceGroup {
        let address = options.listen ?? (settings.host, settings.port)
        let places = ConnectionPlaces(limit: options.limits.connectionsPerAddress ?? connectionLimit * 3 / 4)
        let port = PublicPort(identity: identity, counter: counter, times: options.limits.times, places: places) {
            [api] request, writer, channel, link in
            try await api.respond(request, writer, channel, link)
        }
        let source = eventSource
        let server = port.server(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port), backlog: CoordinatorServerLimits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(connectionLimit, logger: Self.silent)),
            onServerRunning: { channel in
                source.yield(.listening(host: address.host, port: channel.localAddress?.port ?? address.port))
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Self.silent)
        return ServiceGroup(configuration: .init(services: [.init(service: server)], logger: Self.silent))
    }

    /// The libraries' own words are not for the operator.
    private static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    private func listen(_ listener: ServiceGroup) async {
        do {
            try await listener.run()
            eventSource.yield(.ended(nil))
        } catch {
            eventSource.yield(.ended(Self.cause(error, options.listen ?? (settings.host, settings.port))))
        }
    }

    private static func cause(_ error: any Error, _ address: (host: String, port: Int)) -> CoordinatorServerError {
        let place = "\(address.host):\(address.port)"
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            return CoordinatorServerError(
                .portInUse, "another program listens at \(place)",
                hint: "stop it, or choose another port with --listen or in coordinator.yaml")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            return CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): this machine does not have that address",
                hint: "name one that `ip address` shows, or 0.0.0.0 for all, with --listen or in coordinator.yaml")
        case let error as IOError where error.errnoCode == EACCES:
            return CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): this user may not",
                hint: "ports below 1024 are the system's: choose another with --listen or in coordinator.yaml")
        case let error as IOError:
            return CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): \(CoordinatorFolder.reason(error.errnoCode))",
                hint: "check listen in coordinator.yaml")
        case is SocketAddressError.UnknownHost:
            return CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): \(address.host) has no address that this machine knows of",
                hint: "check the name, or name an address, with --listen or in coordinator.yaml")
        default:
            return CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): \(error)", hint: "check listen in coordinator.yaml")
        }
    }

    /// Takes events until the end.
    private func follow(
        _ listener: ServiceGroup, _ keeper: BookKeeper, _ listening: @Sendable (String, Int) -> Void
    ) async throws {
        var failure: CoordinationError?
        var isStopping = false
        var hasListened = false
        for await event in events {
            switch event {
            case .listening(let host, let port):
                hasListened = true
                try announce(host, port)
                listening(host, port)
                if await isFinished() { stop("every task is closed") }
            case .allClosed:
                if await isFinished() {
                    // Agents that were at work hear of it before the port closes.
                    try? await Task.sleep(for: Self.closingGrace)
                    stop("every task is closed")
                }
            case .reload: await reloadFiles()
            case .stop(let reason):
                guard !isStopping else { continue }
                isStopping = true
                logger.notice("stopping: \(reason)")
                await beginStop(listener)
            case .ledgerFailed(let error):
                guard failure == nil else { continue }
                failure = error
                isStopping = true
                logger.critical("the ledger cannot be written: \(error)")
                await beginStop(listener)
            case .ended(let error):
                await keeper.catchUp(isLast: true)
                try await finish(failure)
                if hasListened { logger.notice("stopped; the ledger is closed and signed") }
                if let error { throw error }
                return
            }
        }
    }

    private static let closingGrace = Duration.seconds(1)

    private func isFinished() async -> Bool {
        guard options.exitsWhenClosed else { return false }
        return await host.figures().isEveryTaskClosed
    }

    private func announce(_ host: String, _ port: Int) throws {
        let folder = options.folder
        try CoordinatorFolder.write(Array("\(host):\(port)\n".utf8), to: folder.address)
        try CoordinatorFolder.write(Array("\(FileLimit.processID)\n".utf8), to: folder.processID)
        logger.info("coordinator \(settings.origin) listens at \(host):\(port)")
        if connectionLimit < CoordinatorServerLimits.fewConnections {
            logger.warning(
                """
                the system lets this process have few files open: it serves \(connectionLimit) connections at one \
                time; raise the limit with `ulimit -n 65536` or LimitNOFILE=65536 for more participants
                """)
        }
        logger.info("log key \(signer.verifier.vkey)")
        logger.info("let participants in with: tributary coordinator invite --home \(folder.path)")
    }

    /// Waiting requests are answered, those under way are finished, and the port is closed; whatever takes longer than
    /// `stopSeconds` is cut off.
    private func beginStop(_ listener: ServiceGroup) async {
        api.beginStop()
        await host.beginStop()
        await listener.triggerGracefulShutdown()
        let source = eventSource
        Task {
            try? await Task.sleep(for: .seconds(CoordinatorServerLimits.stopSeconds))
            source.yield(.ended(nil))
        }
    }

    private func finish(_ failure: CoordinationError?) async throws {
        CoordinatorFolder.remove(options.folder.address)
        CoordinatorFolder.remove(options.folder.processID)
        if let failure { throw failure }
        let checkpoint = try await host.checkpoint()
        try CoordinatorFolder.write(Array(checkpoint.utf8), to: options.folder.checkpoint)
        try await host.close()
    }

    private func reloadFiles() async {
        let folder = options.folder
        do {
            let new = try folder.readSettings()
            let pair = try folder.readCertificate(nowSeconds: Int64(options.nowMs() / 1_000))
            let context = try TLSIdentity.context(chain: pair.chain, privateKey: pair.privateKey)
            // All or nothing: what cannot be read is found before anything is replaced.
            _ = (try BanList(folder: folder), try InvitationBook(folder: folder))
            identity.replace(with: context)
            try api.parts.bans.reload(folder: folder)
            try api.parts.invitations.reload(folder: folder)
            if new.origin != settings.origin || new.host != settings.host || new.port != settings.port {
                logger.warning("origin and listen change when the coordinator is started again")
            }
            let wasOpen = api.parts.settings.current.participation == .open
            api.parts.settings.replace(with: new)
            if new.participation == .open, !wasOpen { await warnOfOpenRegistration() }
            vault.apply(new)
            level.current = Logger.Level(rawValue: new.logLevel) ?? .info
            await api.applyBans()
            logger.notice("settings, certificate, bans and invitations were read anew")
        } catch {
            logger.error("nothing was changed: \(error)")
        }
    }

    /// Registration is open: names the tasks that keep keys without an invitation out all the same.
    private func warnOfOpenRegistration() async {
        for task in await host.tasks() where task.stage != .closed {
            guard let terms = task.terms, terms.pool > 0, !terms.acceptsUnprovedPay else { continue }
            logger.warning(
                """
                participation is open, but task \(task.name) pays at proof level L0 without unproved_pay: accepted, \
                so that keys without an invitation are refused until it is closed
                """)
        }
    }

    private static let steadyOrigin = ContinuousClock.now

    /// Milliseconds since this process first asked, asleep or awake, whatever the machine's clock is set to.
    package static func steadyMs() -> UInt64 { UInt64((ContinuousClock.now - steadyOrigin) / .milliseconds(1)) }

    /// Milliseconds since the Unix epoch by this machine's clock.
    package static func systemMs() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1_000)) }
}
