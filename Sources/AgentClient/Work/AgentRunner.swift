package import Attestation
internal import Federation
internal import FoundationEssentials
package import Ledger
internal import Tensors
internal import Wire

/// An agent at work: asks for rounds, trains, sends, keeps receipts; survives lost links, failed trainers and its own
/// end at any point.
///
/// What it signs is on disk before it is sent, and there is one statement for a round, whatever happens.
package actor AgentRunner {
    /// Who works.
    package struct Identity: Sendable {
        package let key: SigningKey
        package let participant: ParticipantNumber
        /// The log that receipts are checked against.
        package let verifier: NoteVerifier

        package init(key: SigningKey, participant: ParticipantNumber, verifier: NoteVerifier) {
            self.key = key
            self.participant = participant
            self.verifier = verifier
        }
    }

    let calls: any CoordinatorCalls
    let identity: Identity
    let folder: AgentFolder
    let rules: AgentRules
    let trainer: any AgentTrainer
    let surroundings: AgentSurroundings
    let observer: @Sendable (AgentEvent) -> Void
    let patience: Patience
    private let retryNotices: RetryNotices
    let shelf: ModelShelf
    let upload: BlobUpload
    private let goal: AgentGoal
    let receipts: ReceiptKeeper

    // Owned by the actor, changed by the loop alone.
    var state: AgentState
    var tasks: [Digest: TaskConfiguration] = [:]
    var taskTexts: [Digest: [UInt8]] = [:]
    /// Tasks that are taken and whose pay was told, with the proof of what is set aside; nil for what pays nothing.
    var fundings: [Digest: TaskFunding?] = [:]
    /// Tasks not taken part in, with those whose trainer keeps failing.
    private var declined: Set<Digest> = []
    /// Rounds that are done with here, in whatever way.
    private var passed: Set<RoundKey> = []
    private var lastPassed: RoundKey?
    private var failures: [Digest: Int] = [:]
    private var answeredCount = 0
    private var lastReason: String?
    private var hasAsked = false

    /// - Parameter observer: called with every event, from any thread.
    package init(
        calls: any CoordinatorCalls, identity: Identity, folder: AgentFolder, rules: AgentRules,
        trainer: any AgentTrainer, goal: AgentGoal, surroundings: AgentSurroundings = .machine,
        observer: @escaping @Sendable (AgentEvent) -> Void
    ) {
        self.calls = calls
        self.identity = identity
        self.folder = folder
        self.rules = rules
        self.trainer = trainer
        self.goal = goal
        self.surroundings = surroundings
        self.observer = observer
        state = folder.state()
        let notices = RetryNotices(nowMs: surroundings.nowMs, observer: observer)
        retryNotices = notices
        patience = Patience(trialCount: nil, sleep: surroundings.sleep) { notices.note($0, waitMs: $1) }
        let settings = rules.settings
        shelf = ModelShelf(
            folder: folder,
            download: BlobDownload(
                calls: calls, patience: patience, limit: BandwidthLimit(megabitsPerSecond: settings.downlinkMbps)),
            threads: settings.threads, loadedCount: trainer.needsPreviousModel ? 2 : 1)
        upload = BlobUpload(
            calls: calls, patience: patience, limit: BandwidthLimit(megabitsPerSecond: settings.uplinkMbps))
        receipts = ReceiptKeeper(
            calls: calls, folder: folder, identity: identity, sleep: surroundings.sleep, observer: observer)
    }

    /// Works until the goal is reached or the task is cancelled.
    ///
    /// - Returns: contributions that were answered.
    /// - Throws: `AgentError` for what no waiting mends: a wrong certificate or key, a ban, a full disk of its own.
    @discardableResult
    package func run() async throws(AgentError) -> Int {
        let calls = calls
        let information = try await patience { () async throws(AgentError) in try await calls.information() }
        greet(information)
        await receipts.reconcile()
        do {
            while !isDone {
                try await waitForConditions()
                try await step()
            }
        } catch {
            guard error.code == .stopped else {
                await farewell()
                throw error
            }
        }
        await farewell()
        return answeredCount
    }

    private var isDone: Bool {
        Task.isCancelled || goal.roundCount.map { answeredCount >= $0 } ?? false
    }

    private func greet(_ information: WireCoordinatorInfo) {
        observer(
            .connected(
                origin: information.origin, participant: identity.participant,
                openTasks: information.openTasks.count))
        let here = surroundings.nowMs()
        let difference = Int64(clamping: here) - Int64(clamping: information.nowMs)
        if difference.magnitude > AgentLimits.clockDifferenceMs {
            observer(.clockDiffers(seconds: difference / 1_000))
        }
    }

    /// Waits for its hours and its power.
    private func waitForConditions() async throws(AgentError) {
        while let wait = rules.wait(surroundings) {
            say(.waiting(wait.reason), wait.reason)
            try await pause(max(wait.ms, 1))
        }
    }

    /// Asks for work once, and does it.
    private func step() async throws(AgentError) {
        var request = WireWorkRequest()
        // The first answer comes at once, so that the log says what is waited for.
        request.waitMs = hasAsked ? AgentLimits.workWaitMs : 0
        request.declinedTasks = declined.prefix(WireLimits.declinedTaskCount).map { Data($0.bytes) }
        if let lastPassed {
            request.currentTask = Data(lastPassed.task.bytes)
            request.currentRound = lastPassed.round
        }
        let asked = request
        let calls = calls
        let start = ContinuousClock.now
        let work = try await patience { () async throws(AgentError) in try await calls.work(asked) }
        hasAsked = true
        switch work.kind {
        case .train(let wire): try await take(try WorkOrder(wire))
        case .resend(let order): try await resend(order)
        case .idle(let idle): try await rest(idle, asked: start)
        case nil: throw AgentError(.unexpectedAnswer, "the coordinator's answer to a request for work says nothing")
        }
    }

    private func rest(_ idle: WireIdle, asked start: ContinuousClock.Instant) async throws(AgentError) {
        if idle.allClosed {
            // It is no news any more.
            lastPassed = nil
            for stored in try folder.storedRounds() {
                try folder.removeUpdate(task: stored.task, round: stored.round)
            }
            if goal.endsWhenClosed {
                observer(.finished("every task is closed"))
                throw .stoppedByRequest
            }
        }
        let reason = idle.reason.isEmpty ? "waiting for work" : idle.reason
        say(.waiting(reason), reason)
        // A coordinator that answers at once, and does not say when to ask again, is not to be asked in a loop.
        let isHasty = ContinuousClock.now - start < .milliseconds(50)
        let wait = max(UInt64(idle.retryAfterMs), isHasty ? AgentLimits.retryFirstMs : 0)
        if wait > 0 { try await pause(min(wait, AgentLimits.idleWaitMs)) }
    }

    private func take(_ order: WorkOrder) async throws(AgentError) {
        try folder.removeUpdates(task: order.task, before: order.round)
        if passed.contains(order.key) {
            // Offered once more although it is done with here: do not spin.
            return try await pause(AgentLimits.retryFirstMs * 5)
        }
        lastReason = nil
        do {
            if let stored = try folder.storedUpdate(task: order.task, round: order.round) {
                try await deliver(stored, training: nil, sent: nil, fetched: 0)
            } else {
                try await make(order)
            }
        } catch {
            try handle(error, order)
        }
    }

    /// What a failure in a round means for the rounds to come.
    private func handle(_ error: AgentError, _ order: WorkOrder) throws(AgentError) {
        switch error.code {
        case .refused where error.isProblem(.conflict) || error.isProblem(.wrongDigest):
            observer(.roundOver(round: order.round, "was over before the contribution was in: \(error.message)"))
            // What was signed stays until the next round opens: there is no second statement for one round.
            pass(order.key)
        case .abstained:
            observer(.failed(round: order.round, error))
            pass(order.key)
        case .trainerFailed, .trainerTimedOut, .trainerOutputInvalid, .unusableData, .unusableTask, .wrongDigest,
            .notFound:
            observer(.failed(round: order.round, error))
            pass(order.key)
            failures[order.task, default: 0] += 1
            if failures[order.task, default: 0] >= AgentLimits.failuresOfTask || error.code == .unusableTask {
                decline(order.task, "it failed here \(failures[order.task, default: 0]) times, last: \(error.message)")
            }
        default: throw error
        }
    }

    /// Notes what became of a contribution.
    func settle(
        _ stored: StoredUpdate, _ reply: WireContributionReply, training: TrainingNote?, sent: Int, fetched: Int
    ) async {
        let statement = stored.statement
        answeredCount += 1
        retryNotices.forget()
        failures[statement.task] = nil
        if reply.accepted {
            state.acceptedCount += 1
            state.lastAccepted = stored.digest.hex
            await receipts.owe(reply.sequence)
        }
        pass(RoundKey(task: statement.task, round: statement.round))
        let reason = [reply.reason, reply.detail].filter { !$0.isEmpty }.joined(separator: ": ")
        let name = tasks[statement.task]?.name ?? ""
        state.lastRound = AgentState.LastRound(
            task: statement.task.hex, taskName: name, round: statement.round, accepted: reply.accepted,
            sequence: reply.accepted ? reply.sequence : nil, reason: reply.accepted ? nil : reason,
            timeMs: surroundings.nowMs())
        let event = AgentEvent.answered(
            AgentEvent.Answered(
                taskName: name, round: statement.round, sampleCount: statement.sampleCount, training: training,
                sentByteCount: sent, fetchedByteCount: fetched, sequence: reply.accepted ? reply.sequence : nil,
                reason: reply.accepted ? nil : reason))
        say(event, event.line)
    }

    func decline(_ task: Digest, _ reason: String) {
        guard declined.insert(task).inserted else { return }
        let event = AgentEvent.declined(taskName: tasks[task]?.name ?? String(task.hex.prefix(8)), reason: reason)
        say(event, event.line)
    }

    func pass(_ key: RoundKey) {
        // Rounds before it are over; one number a task is all there is to keep.
        passed = passed.filter { $0.task != key.task || $0.round > key.round }
        passed.insert(key)
        lastPassed = key
    }

    /// Tells whoever watches, once for the same reason, and notes it for `status`.
    private func say(_ event: AgentEvent, _ activity: String) {
        guard lastReason != activity else { return }
        lastReason = activity
        observer(event)
        state.activity = activity
        state.activityMs = surroundings.nowMs()
        // What cannot be noted is not worth stopping for; a full disk shows where it matters.
        try? folder.write(state: state)
    }

    func pause(_ ms: UInt64) async throws(AgentError) {
        do { try await surroundings.sleep(ms) } catch { throw .stoppedByRequest }
    }

    /// Fetches what receipts are left, and the balance, in the little time that a stop allows, and says goodbye: a
    /// round need not wait for whoever does not come.
    private func farewell() async {
        let calls = calls
        let receipts = receipts
        let balance = await Task { () -> UInt64? in
            await withTaskGroup(of: UInt64?.self) { group in
                group.addTask {
                    await receipts.finish()
                    let balance = (try? await calls.account())?.balance
                    // Last, since every other request says that the agent is there.
                    try? await calls.leave()
                    return balance
                }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(AgentLimits.farewellMs))
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first
            }
        }.value
        if let balance { state.balance = balance }
        state.owedReceipts = await receipts.owed
        state.activity = "stopped"
        state.activityMs = surroundings.nowMs()
        try? folder.write(state: state)
    }
}
