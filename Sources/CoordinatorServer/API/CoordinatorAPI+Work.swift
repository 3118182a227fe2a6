internal import Attestation
internal import Coordination
internal import FoundationEssentials
internal import Ledger
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `POST /v1/participants`
    func register(_ exchange: Exchange, _ session: SessionTable.Session) async throws -> Reply {
        let request = try await exchange.message(WireRegistrationRequest.self, limit: Route.register.bodyLimit)
        guard Self.isLabel(request.label) else {
            throw ServerProblem.malformed(
                "a label has at most \(WireLimits.labelByteCount) bytes of printable characters")
        }
        if let fault = ParticipantLabel.fault(in: request.label) { throw ServerProblem.malformed(fault) }
        let isKnown = await parts.host.number(of: session.key) != nil
        let isInvited = !isKnown && !request.invitation.isEmpty
        var units: UInt32 = 0
        if isInvited {
            let invitations = parts.invitations
            let key = session.key
            let nowMs = parts.wallMs()
            units = try await blocking { try invitations.use(request.invitation, by: key, nowMs: nowMs) }
        } else if !isKnown {
            try checkStranger(exchange)
        }
        let registered = try await parts.host.register(
            session.key, label: request.label, units: units, isInvited: isInvited)
        parts.sessions.admit(session.key)
        var answer = WireRegistration()
        answer.participant = registered.number
        answer.sequence = registered.sequence
        return try Reply(answer)
    }

    /// Refuses a new key that has no invitation, where one is needed or its address has registered many.
    private func checkStranger(_ exchange: Exchange) throws(ServerProblem) {
        guard parts.settings.current.participation == .open else {
            throw ServerProblem(
                .badInvitation, "this coordinator takes participants by invitation",
                hint: "ask the operator for a join string")
        }
        if let waitMs = registrationRates.admit(exchange.address, nowMs: parts.steadyMs()) {
            throw ServerProblem(
                .rateLimited, "too many keys were registered from this address without an invitation",
                hint: "come back later, or ask the operator for an invitation", retryAfterMs: waitMs)
        }
    }

    private static func isLabel(_ text: String) -> Bool {
        text.utf8.count <= WireLimits.labelByteCount
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
    }

    /// `DELETE /v1/participants/me`
    func leave(_ session: SessionTable.Session) async throws -> Reply {
        try await parts.host.leave(session.key)
        return .done
    }

    /// `POST /v1/work`
    func work(_ exchange: Exchange, _ session: SessionTable.Session) async throws -> Reply {
        let request = try await exchange.message(WireWorkRequest.self, limit: Route.work.bodyLimit)
        guard request.declinedTasks.count <= WireLimits.declinedTaskCount else {
            throw ServerProblem.malformed(
                "\(request.declinedTasks.count) declined tasks; at most \(WireLimits.declinedTaskCount)")
        }
        var declined: Set<Digest> = []
        for task in request.declinedTasks { declined.insert(try Self.digest(task, "a declined task")) }
        var current: (task: Digest, round: UInt32)?
        if !request.currentTask.isEmpty {
            current = (try Self.digest(request.currentTask, "current_task"), request.currentRound)
        }
        let answer = try await parts.host.work(
            for: session.key, query: WorkQuery(declinedTasks: declined, current: current),
            waitMs: min(request.waitMs, WireLimits.workWaitMs), link: exchange.link)
        var funding: CoordinatorHost.FundingProof?
        if case .train(let order) = answer { funding = try await parts.host.funding(of: order) }
        return try Reply(Self.wire(answer, funding, nowMs: parts.nowMs()))
    }

    private static func wire(
        _ answer: WorkAnswer, _ funding: CoordinatorHost.FundingProof?, nowMs: UInt64
    ) -> WireWork {
        var work = WireWork()
        switch answer {
        case .train(let order):
            var train = WireTrainingOrder()
            train.task = Data(order.task.bytes)
            train.round = order.round
            train.baseModel = Data(order.baseModel.bytes)
            train.baseModelByteCount = UInt64(order.byteCount)
            train.deadlineMs = order.deadlineMs
            train.nowMs = nowMs
            train.previousContribution = Data(order.previousContribution.bytes)
            train.ledgerRoot = Data(order.ledgerRoot.bytes)
            if let previous = order.previousModel { train.previousModel = Data(previous.bytes) }
            if let bound = order.boundSquared { train.boundSquared = WireNumber.data(bound) }
            if let funding {
                train.fundingSequence = funding.sequence
                train.funding = Data(funding.receipt.utf8)
            }
            work.train = train
        case .resend(let task, let round, let update):
            var resend = WireResendOrder()
            resend.task = Data(task.bytes)
            resend.round = round
            resend.update = Data(update.bytes)
            work.resend = resend
        case .idle(let reason, let allClosed):
            var idle = WireIdle()
            idle.reason = reason
            idle.allClosed = allClosed
            work.idle = idle
        }
        return work
    }

    /// `POST /v1/contributions`
    func contribute(_ exchange: Exchange, _ session: SessionTable.Session) async throws -> Reply {
        let request = try await exchange.message(WireContributionRequest.self, limit: Route.contribute.bodyLimit)
        guard request.statement.count <= LedgerLimits.statementByteCount,
            request.signature.count == PublicKey.signatureByteCount
        else {
            throw ServerProblem.malformed(
                """
                a statement has at most \(LedgerLimits.statementByteCount) bytes and a signature \
                \(PublicKey.signatureByteCount), not \(request.statement.count) and \(request.signature.count)
                """)
        }
        let contribution = SignedContribution(
            statementBytes: [UInt8](request.statement), signature: [UInt8](request.signature))
        if let statement = try? ContributionStatement(decoding: contribution.statementBytes),
            statement.participantKey != session.key
        {
            throw ServerProblem(
                .forbidden, "the statement is of \(statement.participantKey.did), the session of \(session.key.did)",
                hint: "each key sends its own contributions")
        }
        var answer = WireContributionReply()
        switch try await parts.host.submit(contribution) {
        case .accepted(let sequence):
            answer.accepted = true
            answer.sequence = sequence
        case .refused(let reason, let detail):
            answer.reason = reason
            answer.detail = detail
        case .incomplete:
            throw ServerProblem(
                .conflict, "the update's bytes are not all there",
                hint: "POST /v1/updates/{digest} says which chunks are missing")
        case .unavailable(let reason):
            throw ServerProblem(.unavailable, reason, hint: "send the same again", retryAfterMs: 1_000)
        }
        return try Reply(answer)
    }

    /// `GET /v1/account`
    func account(_ session: SessionTable.Session) async throws -> Reply {
        let account = try await parts.host.account(of: session.key)
        var answer = WireAccountReply()
        answer.balance = account.balance
        answer.contributions = UInt32(clamping: account.contributionCount)
        answer.acceptedSequences = Array(account.acceptedSequences.prefix(WireLimits.acceptedSequenceCount))
        return try Reply(answer)
    }
}
