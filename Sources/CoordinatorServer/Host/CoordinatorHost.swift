package import Attestation
package import Coordination
internal import Dispatch
package import Ledger

/// Owns the coordinator's core: every call to it is made here, one after the other, on a queue of its own.
///
/// Heavy jobs run on one serial queue a task and come back here. Work requests wait here until the core says that there
/// may be another answer.
package actor CoordinatorHost {
    /// What a host stands on.
    package struct Parts: Sendable {
        /// Opens the ledger's file.
        package let store: @Sendable () throws -> any LedgerStore
        package let signer: NoteSigner
        /// Where the last signed checkpoint is kept apart from the ledger.
        package let heads: (any SignedHeadStore & Sendable)?
        package let vault: any BlobVault
        /// Most threads of one job.
        package let threads: Int
        /// Reads the data of a task that is open on the ledger.
        package let material: @Sendable (TaskOpened) throws -> TaskMaterial
        /// The ledger's time, in milliseconds since the Unix epoch; it goes on at the pace of a clock that is not set.
        package let nowMs: @Sendable () -> UInt64
        /// Sets that time to the machine's clock where the two have come apart: given the last entry's time, and what
        /// says whether no task is open. Answers by how many milliseconds it was set.
        package let followClock: @Sendable (UInt64, () -> Bool) -> Int64
        /// How far the machine's clock is ahead of that time.
        package let wallAheadMs: @Sendable () -> Int64
        /// Draws a new task's secret.
        package let makeSecret: @Sendable () -> TaskSecret
        /// Whether anybody may register, invited or not.
        package let isRegistrationOpen: @Sendable () -> Bool
        /// Hears every notice of the core, in order, on the host's queue: it must not wait.
        package let noticed: @Sendable (CoordinatorNotice) -> Void
        /// Something happened that people or books may want to see: the ledger grew, or somebody came.
        package let changed: @Sendable () -> Void
        /// The ledger cannot be written: the process must end.
        package let failed: @Sendable (CoordinationError) -> Void

        package init(
            store: @escaping @Sendable () throws -> any LedgerStore, signer: NoteSigner,
            heads: (any SignedHeadStore & Sendable)? = nil, vault: any BlobVault, threads: Int,
            material: @escaping @Sendable (TaskOpened) throws -> TaskMaterial,
            nowMs: @escaping @Sendable () -> UInt64,
            followClock: @escaping @Sendable (UInt64, () -> Bool) -> Int64 = { _, _ in 0 },
            wallAheadMs: @escaping @Sendable () -> Int64 = { 0 },
            makeSecret: @escaping @Sendable () -> TaskSecret = { CoordinatorHost.randomSecret() },
            isRegistrationOpen: @escaping @Sendable () -> Bool = { false },
            noticed: @escaping @Sendable (CoordinatorNotice) -> Void,
            changed: @escaping @Sendable () -> Void, failed: @escaping @Sendable (CoordinationError) -> Void
        ) {
            self.store = store
            self.signer = signer
            self.heads = heads
            self.vault = vault
            self.threads = threads
            self.material = material
            self.nowMs = nowMs
            self.followClock = followClock
            self.wallAheadMs = wallAheadMs
            self.makeSecret = makeSecret
            self.isRegistrationOpen = isRegistrationOpen
            self.noticed = noticed
            self.changed = changed
            self.failed = failed
        }
    }

    private nonisolated let executor: SerialQueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    let parts: Parts
    let coordinator: Coordinator
    private let tray: EffectTray
    var polls = ParkedPolls()
    private var queues: [Digest: DispatchQueue] = [:]
    private var timer: Alarm?
    private var pollTimer: Alarm?
    private var pollTimerMs: UInt64?
    /// When the timer rings, by `steadyMs`.
    private var timerDueMs: UInt64?
    private(set) var isStopping = false
    /// Why nothing more is done: the ledger failed.
    private var failure: CoordinationError?
    private var hasFailed: Bool { failure != nil }
    /// Contributions whose answer somebody waits for, by a number of their own.
    private var submissions: [UInt64: SingleReply<Result<ContributionAnswer, CoordinationError>>] = [:]
    private var submissionCount: UInt64 = 0
    private var lastEntryCount: UInt64 = 0
    /// The proof of each task's funding, made once.
    var fundings: [Digest: FundingProof] = [:]
    /// Time that commits took, for the metrics: in milliseconds, and how many there were.
    private(set) var commitMs: Double = 0
    private(set) var commitCount: UInt64 = 0

    /// Opens the ledger, replays it, and goes on with every open task.
    ///
    /// - Throws: `CoordinationError` with code `ledgerFailed` if the ledger does not verify, `staleLedger` if it is not
    ///   the newest copy; `LedgerError` if its file cannot be opened.
    package init(_ parts: Parts) throws {
        let tray = EffectTray()
        executor = SerialQueueExecutor(label: "coordinator")
        self.parts = parts
        self.tray = tray
        let store = try parts.store()
        do {
            coordinator = try Coordinator(
                Coordinator.Environment(
                    store: store, signer: parts.signer, heads: parts.heads, vault: parts.vault,
                    threads: parts.threads, material: parts.material, submit: { tray.put($0) },
                    notify: { tray.put($0) },
                    makeSecret: parts.makeSecret, isRegistrationOpen: parts.isRegistrationOpen),
                nowMs: parts.nowMs())
        } catch {
            // A ledger that is refused stays one closed file, which can still be read.
            try? store.close()
            throw error
        }
    }

    /// Begins to act: hands out the jobs of the start and sets the timers. To be called once.
    package func start() {
        let queue = executor.queue
        timer = Alarm(queue: queue) { [weak self] in
            self?.assumeIsolated {
                $0.advance()
                $0.settle()
            }
        }
        pollTimer = Alarm(queue: queue) { [weak self] in self?.assumeIsolated { $0.expirePolls() } }
        advance()
        settle()
    }

    /// Thirty-two bytes of the system's generator.
    package static func randomSecret() -> TaskSecret {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
        // As many bytes as a digest has.
        return TaskSecret((try? Digest(bytes: bytes)) ?? .zero)
    }

    // What follows a call to the core.

    /// Makes a call to the core that may change something, and does what follows from it.
    func command<Result>(_ body: (UInt64) throws(CoordinationError) -> Result) throws(CoordinationError) -> Result {
        defer {
            settle()
            advanceSoon()
        }
        return try attempt(body)
    }

    /// Makes a call to the core; what follows from it is the caller's to do.
    func attempt<Result>(_ body: (UInt64) throws(CoordinationError) -> Result) throws(CoordinationError) -> Result {
        if let failure { throw failure }
        followClock()
        let before = coordinator.entryCount
        let start = ContinuousClock.now
        do throws(CoordinationError) {
            let result = try body(parts.nowMs())
            if coordinator.entryCount != before {
                commitMs += (ContinuousClock.now - start) / .milliseconds(1)
                commitCount += 1
            }
            return result
        } catch {
            fail(error)
            throw error
        }
    }

    /// Lets the ledger's time follow the machine's clock, where that moves no deadline.
    private func followClock() {
        let setByMs = parts.followClock(coordinator.lastEntryMs) { !coordinator.hasOpenTasks }
        if setByMs != 0 { coordinator.clockWasSet(byMs: setByMs) }
        coordinator.wallAheadMs = parts.wallAheadMs()
    }

    /// After the ledger failed nothing more may be done with it.
    private func fail(_ error: CoordinationError) {
        guard error.code == .ledgerFailed, !hasFailed else { return }
        failure = error
        // Nothing follows from jobs any more, and a request that waited for one would keep the process from ending.
        let waiting = submissions
        submissions = [:]
        for reply in waiting.values { reply.give(.failure(error)) }
        polls.wakeAll(.stopping)
        parts.failed(error)
    }

    /// Remembers that somebody waits for a contribution's answer.
    func expect(_ reply: SingleReply<Result<ContributionAnswer, CoordinationError>>) -> UInt64 {
        submissionCount += 1
        submissions[submissionCount] = reply
        return submissionCount
    }

    /// The answer was given.
    func forget(submission: UInt64) { submissions[submission] = nil }

    /// Hands out jobs and notices, and fires timers that are due, until nothing more follows.
    func settle() {
        var isNews = false
        while !tray.isEmpty, !hasFailed {
            isNews = true
            let (jobs, notices) = tray.take()
            for job in jobs { run(job) }
            for notice in notices {
                if case .workChanged(let keys) = notice { wake(keys) }
                parts.noticed(notice)
            }
            advance()
        }
        if isNews || coordinator.entryCount != lastEntryCount {
            lastEntryCount = coordinator.entryCount
            parts.changed()
        }
    }

    private func wake(_ keys: [PublicKey]?) {
        guard let keys else { return polls.wakeAll(.changed) }
        for key in keys { polls.wake(key, .changed) }
    }

    private func run(_ job: CoordinatorJob) {
        let queue =
            queues[job.task] ?? DispatchQueue(label: "task \(job.task.hex.prefix(8))", qos: .userInitiated)
        queues[job.task] = queue
        let home = executor.queue
        queue.async {
            let result = job.run()
            home.async { self.assumeIsolated { $0.complete(result) } }
        }
    }

    private func complete(_ result: CoordinatorJobResult) {
        guard !isStopping || !hasFailed else { return }
        _ = try? command { nowMs throws(CoordinationError) in try coordinator.complete(result, nowMs: nowMs) }
    }

    /// Fires the timers that are due, and sets the alarm for the next.
    private func advance() {
        guard !hasFailed, !isClosed else { return }
        timerDueMs = nil
        do {
            followClock()
            let nowMs = parts.nowMs()
            guard let next = try coordinator.advance(nowMs: nowMs) else {
                timer?.clear()
                return
            }
            // The machine's clock may be set while this waits, which somebody is to hear of.
            setTimer(inMs: min(next > nowMs ? next - nowMs : 0, CoordinatorServerLimits.longestSleepMs) + 1)
        } catch {
            fail(error)
        }
    }

    private func setTimer(inMs waitMs: UInt64) {
        timerDueMs = Self.steadyMs() + waitMs
        timer?.set(inMs: waitMs)
    }

    /// Looks at the core's timers in a moment, for a call that may have set one: once for many calls.
    func advanceSoon() {
        let latest = Self.steadyMs() + CoordinatorServerLimits.timerDelayMs
        if let due = timerDueMs, due <= latest { return }
        setTimer(inMs: CoordinatorServerLimits.timerDelayMs)
    }

    // Waiting.

    /// Waits until something changes for a key, at most so long.
    func park(_ key: PublicKey, deadlineMs: UInt64, link: ConnectionLink?) async -> ParkedPolls.Wake {
        guard !isStopping else { return .stopping }
        guard polls.count < CoordinatorServerLimits.parkedCount else { return .expired }
        if let oldest = polls.oldest(of: key, ifAtLeast: CoordinatorServerLimits.parkedPerKey) {
            polls.wake(oldest, .expired)
        }
        let id = polls.reserve()
        let home = executor.queue
        let reason = await withCheckedContinuation { continuation in
            polls.park(id, key: key, deadlineMs: deadlineMs, continuation)
            // What this very request brought about may concern it.
            settle()
            setPollTimer()
            link?.whenDropped {
                home.async { self.assumeIsolated { $0.polls.wake(id, .dropped) } }
            }
        }
        link?.forget()
        return reason
    }

    private func setPollTimer() {
        guard let next = polls.nextDeadlineMs, next != pollTimerMs else { return }
        if let set = pollTimerMs, set <= next { return }
        pollTimerMs = next
        let nowMs = Self.steadyMs()
        pollTimer?.set(inMs: next > nowMs ? next - nowMs : 0)
    }

    private func expirePolls() {
        pollTimerMs = nil
        polls.expire(nowMs: Self.steadyMs())
        setPollTimer()
    }

    /// Milliseconds of a clock that only goes on.
    static func steadyMs() -> UInt64 { DispatchTime.now().uptimeNanoseconds / 1_000_000 }

    // Stopping.

    private var isClosed = false

    /// Answers whoever waits with "stopping"; nothing waits from now on.
    package func beginStop() {
        isStopping = true
        polls.wakeAll(.stopping)
    }

    /// Signs the ledger's head and ends its use.
    package func close() throws(CoordinationError) {
        guard !isClosed else { return }
        isClosed = true
        timer?.clear()
        pollTimer?.clear()
        timer = nil
        pollTimer = nil
        guard !hasFailed else { return }
        try coordinator.close()
    }
}
