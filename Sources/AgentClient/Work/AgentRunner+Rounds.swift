internal import Attestation
internal import Federation
internal import FoundationEssentials
internal import Ledger
internal import Tensors
internal import Training
internal import Wire

/// What an agent does for one round.
extension AgentRunner {
    /// Makes a contribution to a round and delivers it.
    func make(_ order: WorkOrder) async throws(AgentError) {
        // The coordinator's clock may be another, and this one may be set; what is left of the round is measured.
        let end = ContinuousClock.now + .milliseconds(Int64(clamping: order.remainingMs))
        let deadlineMs = surroundings.nowMs() + order.remainingMs
        let task = try await task(order.task)
        guard isTaken(task, order) else { return }
        compareRecords(order)
        let heartbeat = startHeartbeat(order.key)
        defer { heartbeat.cancel() }
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let (model, fetched) = try await shelf.model(
            order.baseModel, byteCount: order.baseModelByteCount, blob: blob)
        var previous: SharedParameterSet?
        if trainer.needsPreviousModel, let digest = order.previousModel {
            previous = try await shelf.model(digest, byteCount: nil, blob: blob).model.parameters
        }
        let jobFolder = try folder.makeJobFolder(task: order.task, round: order.round)
        let start = ContinuousClock.now
        let trained = try await trainer.train(
            TrainingJob(
                task: task, taskID: order.task, taskText: taskTexts[order.task] ?? [], round: order.round,
                participant: identity.participant, model: model.parameters, modelFile: model.path,
                previousModel: previous, folder: jobFolder, deadlineMs: deadlineMs,
                boundSquared: order.boundSquared))
        let note = TrainingNote(
            seconds: (ContinuousClock.now - start) / .seconds(1), metrics: trained.metrics)
        try folder.remove(jobFolder)
        guard ContinuousClock.now < end else {
            observer(.roundOver(round: order.round, "closed before training was done; nothing was sent"))
            return pass(order.key)
        }
        let draft = try await sign(trained, order, blob)
        state.recentStatements = (state.recentStatements + [draft.digest.hex]).suffix(AgentLimits.recentStatementCount)
        let folder = folder
        let upload = upload
        // Opened before `keep` gives it its name.
        let open = try upload.opened(draft)
        // Flushing takes as long as sending: both at once, and the statement after both.
        let keeping = Task { () -> Result<StoredUpdate, AgentError> in
            do throws(AgentError) {
                return .success(try await SeparateThread.run { () throws(AgentError) in try folder.keep(draft) })
            } catch {
                return .failure(error)
            }
        }
        let sending: Result<Int, AgentError>
        do throws(AgentError) {
            sending = .success(try await upload.send(open))
        } catch {
            sending = .failure(error)
        }
        let stored = try await keeping.value.get()
        try await deliver(stored, training: note, sent: try sending.get(), fetched: fetched)
    }

    /// Sends what the coordinator lacks of a stored contribution, states it, and notes the answer.
    ///
    /// - Parameter sent: bytes that were sent already, all that the coordinator asked for; nil if none were.
    func deliver(
        _ stored: StoredUpdate, training: TrainingNote?, sent: Int?, fetched: Int
    ) async throws(AgentError) {
        let calls = calls
        let request = stored.request
        var total = sent ?? 0
        for trial in 1... {
            if trial > 1 || sent == nil { total += try await upload.send(stored) }
            do {
                let reply = try await patience { () async throws(AgentError) in try await calls.contribute(request) }
                return await settle(stored, reply, training: training, sent: total, fetched: fetched)
            } catch {
                // A coordinator that was restarted in between may not have all the bytes any more.
                guard error.isProblem(.conflict), trial < AgentLimits.uploadTrials else { throw error }
            }
        }
    }

    /// Sends an update once more that the coordinator has lost, and states it once more: its answer is the same, and it
    /// takes the bytes up when it is asked for it.
    func resend(_ wire: WireResendOrder) async throws(AgentError) {
        guard let task = try? Digest(bytes: wire.task), let update = try? Digest(bytes: wire.update) else {
            throw AgentError(.unexpectedAnswer, "the coordinator asks for an update that it does not name")
        }
        guard let stored = try folder.storedUpdate(task: task, round: wire.round), stored.statement.update == update
        else {
            observer(.roundOver(round: wire.round, "the coordinator asks for an update that is not here any more"))
            return try await pause(AgentLimits.heartbeatMs)
        }
        do {
            let sent = try await upload.send(stored)
            let (calls, request) = (calls, stored.request)
            let reply = try await patience { () async throws(AgentError) in try await calls.contribute(request) }
            if reply.accepted { await receipts.owe(reply.sequence) }
            observer(.resent(round: wire.round, byteCount: sent))
        } catch {
            guard error.isProblem(.conflict) else { throw error }
            observer(.roundOver(round: wire.round, "was over before the update was sent again"))
        }
    }

    /// The task's configuration, its file checked against its id.
    private func task(_ id: Digest) async throws(AgentError) -> TaskConfiguration {
        if let known = tasks[id] { return known }
        let calls = calls
        var bytes: [UInt8]
        if let kept = folder.taskText(id) {
            bytes = kept
        } else {
            bytes = try await patience { () async throws(AgentError) in try await calls.taskText(id) }
            guard SHA256.hash(bytes) == id else {
                throw AgentError(
                    .wrongDigest, "the task file that the coordinator sends does not have the id \(id)",
                    hint: "tell the operator")
            }
            try folder.write(taskText: bytes, id: id)
        }
        do throws(FederationError) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw FederationError(.malformedConfiguration, "it is not UTF-8 text")
            }
            let task = try TaskConfiguration(text: text)
            tasks[id] = task
            taskTexts[id] = bytes
            return task
        } catch {
            throw AgentError(
                .unusableTask, "the task \(id) cannot be read: \(error.message)",
                hint: "this agent may be too old for it: tributary --version")
        }
    }

    /// Tells where the coordinator's record of this participant differs from what the agent knows of itself.
    ///
    /// The statement names what the coordinator says in any case: with another value its rules would refuse it, and the
    /// receipts prove what was accepted.
    private func compareRecords(_ order: WorkOrder) {
        guard let last = state.lastAccepted, order.previousContribution.hex != last else { return }
        let isOwn = state.recentStatements.contains(order.previousContribution.hex)
        guard !isOwn else { return state.lastAccepted = order.previousContribution.hex }
        observer(
            .recordsDiffer(
                """
                the coordinator says that this participant's last contribution is \
                \(order.previousContribution.hex.prefix(16))…, here it is \(last.prefix(16))…; keep the receipts, \
                and see whether another agent uses this key
                """))
        state.lastAccepted = nil
    }

    /// Digests, states and signs an update, and writes it down, away from the threads that serve connections.
    private func sign(
        _ trained: TrainedUpdate, _ order: WorkOrder, _ blob: ParameterBlob
    ) async throws(AgentError) -> StoredUpdate {
        guard trained.update.parameters.layout.count == blob.layout.count else {
            throw AgentError(
                .trainerOutputInvalid,
                "the update has \(trained.update.parameters.layout.count) values; the task's layout has "
                    + "\(blob.layout.count)")
        }
        guard trained.sampleCount > 0, trained.sampleCount <= Int(LedgerLimits.totalWeight) else {
            throw AgentError(
                .trainerOutputInvalid, "the trainer says that it trained on \(trained.sampleCount) examples")
        }
        let identity = identity
        let folder = folder
        let threads = rules.settings.threads
        return try await SeparateThread.run { () throws(AgentError) in
            let hashes = blob.header.withUnsafeBytes { header in
                trained.update.parameters.values.withUnsafeValues { values in
                    BlobDigest.chunkHashes(ofParts: [header, UnsafeRawBufferPointer(values)], threads: threads)
                }
            }
            let outline = BlobOutline(byteCount: blob.byteCount, chunkHashes: hashes)
            var generator = SystemRandomNumberGenerator()
            let statement = ContributionStatement(
                task: order.task, round: order.round, participantKey: identity.key.publicKey,
                baseModel: order.baseModel, configuration: order.task, update: outline.digest,
                parameterCount: UInt64(blob.layout.count), sampleCount: UInt64(trained.sampleCount),
                stepCount: UInt32(clamping: trained.stepCount),
                nonce: (0..<ContributionStatement.nonceByteCount).map { _ in .random(in: 0...255, using: &generator) },
                previousContribution: order.previousContribution, ledgerRootSeen: order.ledgerRoot,
                possession: blob.possession(of: trained.update.parameters, by: identity.key.publicKey))
            let signed: SignedContribution
            do throws(LedgerError) { signed = try statement.signed(by: identity.key) } catch {
                throw AgentError(.underlying, error.message)
            }
            return try folder.draft(trained.update, blob: blob, outline: outline, signed, statement)
        }
    }

    /// Tells the coordinator every few seconds that this agent is alive and at work.
    private func startHeartbeat(_ key: RoundKey) -> Task<Void, Never> {
        var request = WireWorkRequest()
        request.currentTask = Data(key.task.bytes)
        request.currentRound = key.round
        let beat = request
        let calls = calls
        let surroundings = surroundings
        return Task {
            while !Task.isCancelled {
                do { try await surroundings.sleep(AgentLimits.heartbeatMs) } catch { return }
                // A sign of life that is lost is made up for by the next one.
                _ = try? await calls.work(beat)
            }
        }
    }
}
