internal import Attestation
internal import Coordination
internal import Federation
internal import FoundationEssentials
internal import Ledger
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `POST /v1/tasks`
    func openTask(_ exchange: Exchange) async throws -> Reply {
        let request = try await exchange.message(WireOpenTaskRequest.self, limit: Route.openTask.bodyLimit)
        let loader = parts.loader
        let wanted = TaskRequest(
            text: request.text, data: request.data.isEmpty ? nil : request.data,
            validationCount: request.validationCount == 0 ? nil : Int(request.validationCount),
            testCount: request.testCount == 0 ? nil : Int(request.testCount))
        let material = try await blocking {
            do {
                return try loader.material(opening: wanted)
            } catch let error as FederationError {
                throw ServerProblem(.invalidTask, error.message, hint: error.hint ?? "")
            } catch {
                throw ServerProblem(.invalidTask, "the task cannot be opened: \(error)")
            }
        }
        try await parts.host.check(material)
        let (folder, secret) = (parts.folder, parts.host.parts.makeSecret())
        let task = SHA256.hash(Array(material.task.text.utf8))
        if await parts.host.taskText(task) == nil {
            // Before the ledger has the task: whoever starts again finds its data. Later it would be another's data.
            try await blocking { try TaskFolder(folder, task: task).keep(material.source) }
        }
        let opened = try await parts.host.open(try await blocking { try RehearsedTask(material, secret: secret) })
        var answer = WireOpenTaskReply()
        answer.task = Data(opened.task.bytes)
        answer.existed = opened.existed
        answer.price = opened.price
        return try Reply(answer)
    }

    /// `POST /v1/tasks/{id}/close`
    func closeTask(_ task: Digest) async throws -> Reply {
        try await parts.host.closeTask(task)
        return .done
    }

    /// `POST /v1/tasks/{id}/deposits/{amount}`
    func fundTask(_ task: Digest, _ amount: UInt64) async throws -> Reply {
        try await parts.host.deposit(amount, into: task)
        return .done
    }

    /// `POST /v1/participants/{number}/units`
    func assignUnits(_ number: UInt32, _ exchange: Exchange) async throws -> Reply {
        let request = try await exchange.message(WireUnitsRequest.self, limit: Route.units(number).bodyLimit)
        let task = request.task.isEmpty ? nil : try Self.digest(request.task, "task")
        if let task, await parts.host.taskText(task) == nil {
            throw ServerProblem(.notFound, "there is no task \(task)")
        }
        try await parts.host.assign(units: request.units, to: number, task: task)
        return .done
    }

    /// `POST /v1/invitations`
    func invite(_ exchange: Exchange) async throws -> Reply {
        let request = try await exchange.message(WireInvitationRequest.self, limit: Route.invite.bodyLimit)
        guard Invitation.allowedUnits.contains(request.units) else {
            throw ServerProblem.malformed("an invitation with \(request.units) units; a participant has 1 to 8")
        }
        let invitations = parts.invitations
        let nowMs = parts.wallMs()
        var answer = WireInvitation()
        answer.code = try await blocking {
            try invitations.make(
                uses: request.uses == 0 ? nil : Int(request.uses),
                expiresMs: request.expiresMs == 0 ? nil : request.expiresMs, units: request.units, nowMs: nowMs)
        }
        return try Reply(answer)
    }

    /// `GET /v1/participants`
    func participants() async throws -> Reply {
        var answer = WireParticipantList()
        answer.participants = await parts.host.participants().map { status in
            var line = WireParticipantLine()
            line.participant = status.number
            line.label = status.label
            line.publicKey = Data(status.key.bytes)
            line.lastSeenMs = status.lastSeenMs.map(shown) ?? 0
            line.available = status.isAvailable
            line.banned = status.isBanned
            line.balance = status.balance
            return line
        }
        return try Reply(answer)
    }

    /// `POST /v1/participants/{number}/ban`
    func ban(_ number: UInt32, _ exchange: Exchange) async throws -> Reply {
        let request = try await exchange.message(WireBanRequest.self, limit: Route.ban(number).bodyLimit)
        let everybody = await parts.host.participants()
        guard let participant = everybody.first(where: { $0.number == number }) else {
            throw ServerProblem(.notFound, "there is no participant \(number)")
        }
        let bans = parts.bans
        try await blocking { try bans.set(number, isBanned: request.banned) }
        try await parts.host.ban(number, request.banned)
        setBanned(participant.key, request.banned)
        let name = participant.label.isEmpty ? "participant \(number)" : "\(participant.label) (\(number))"
        parts.logger.notice(
            "\(request.banned ? "banned" : "lifted the ban of") \(name)",
            metadata: request.reason.isEmpty ? [:] : ["reason": "\(request.reason.prefix(200))"])
        return .done
    }

    private func setBanned(_ key: PublicKey, _ isBanned: Bool) {
        bannedKeys.withLock { keys in
            if isBanned { keys.insert(key) } else { keys.remove(key) }
        }
        if isBanned { parts.sessions.close(key) }
    }

    /// Bans those whom the file names, and nobody else.
    func applyBans() async {
        let banned = parts.bans.banned
        for participant in await parts.host.participants() {
            let isBanned = banned.contains(participant.number)
            guard isBanned != participant.isBanned else { continue }
            try? await parts.host.ban(participant.number, isBanned)
            setBanned(participant.key, isBanned)
        }
    }
}
