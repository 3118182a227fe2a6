internal import Attestation
internal import Coordination
internal import FoundationEssentials
internal import Ledger
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `GET /readyz`
    func readiness() -> Reply {
        isStopping ? Reply(text: "stopping\n", status: 503) : Reply(text: "ready\n")
    }

    /// `GET /v1/coordinator`: the time is this machine's, which may differ from the ledger's.
    func coordinatorInfo() async throws -> Reply {
        let figures = await parts.host.figures()
        var answer = WireCoordinatorInfo()
        answer.origin = parts.origin
        answer.verifierKey = parts.verifierKey
        answer.nowMs = parts.wallMs()
        answer.version = parts.version
        answer.openTasks = await parts.host.tasks().filter { $0.stage != .closed }.map { Data($0.task.bytes) }
        answer.participants = UInt32(clamping: figures.participants)
        answer.available = UInt32(clamping: figures.available)
        return try Reply(answer)
    }

    /// `GET /v1/tasks`: all but the operator hear nothing of who or how many have contributed to an open round.
    func tasks(_ session: SessionTable.Session) async throws -> Reply {
        let isOperator = session.role == .operator
        var answer = WireTaskList()
        answer.tasks = await parts.host.tasks().map { status in
            var task = Self.summary(status)
            task.deadlineMs = status.deadlineMs.map(shown) ?? 0
            task.stage = (isOperator ? status.stage : status.publicStage).rawValue
            task.accepted = isOperator ? UInt32(clamping: status.acceptedCount) : 0
            let waitingFor =
                isOperator ? status.waitingFor : status.publicWaitingFor(nowMs: parts.wallMs(), shown: shown)
            task.waitingFor = waitingFor ?? ""
            return task
        }
        return try Reply(answer)
    }

    /// A time of the ledger as this machine's clock shows it, where the two are far apart.
    func shown(_ ledgerMs: UInt64) -> UInt64 {
        let aheadMs = Int64(clamping: parts.wallMs()) - Int64(clamping: parts.nowMs())
        guard aheadMs.magnitude > CoordinatorServerLimits.clockWarningMs else { return ledgerMs }
        return UInt64(clamping: Int64(clamping: ledgerMs) + aheadMs)
    }

    private static func summary(_ status: TaskStatus) -> WireTaskSummary {
        var task = WireTaskSummary()
        task.task = Data(status.task.bytes)
        task.name = status.name
        task.round = status.round
        task.rounds = status.roundCount
        task.invited = UInt32(clamping: status.invitedCount)
        task.model = Data(status.model.bytes)
        task.accuracyPpm = status.accuracyPpm ?? 0
        if let terms = status.terms {
            task.trust = terms.trust.word
            task.score = terms.score.word
            task.pool = terms.pool
        }
        task.funded = status.funded
        return task
    }

    /// `GET /v1/tasks/{id}`
    func taskText(_ task: Digest) async throws -> Reply {
        guard let text = await parts.host.taskText(task) else {
            throw ServerProblem(.notFound, "there is no task \(task)")
        }
        return Reply(bytes: text, type: "application/yaml")
    }

    /// `GET /v1/receipts/{sequence}`
    func receipt(_ sequence: UInt64, _ session: SessionTable.Session) async throws -> Reply {
        let key = session.role == .operator ? nil : session.key
        do {
            return Reply(text: try await parts.host.receipt(sequence: sequence, for: key))
        } catch {
            guard error.code == .notFound, key != nil else { throw error }
            // The same words for an entry of an open round and for one that is not there.
            throw ServerProblem(
                .notFound, "there is no entry \(sequence) for this session",
                hint: "what belongs to an open round is shown to its sender alone, until the round is sealed")
        }
    }

    /// `GET /v1/checkpoint`: all but the operator get the head of what they may read.
    func checkpoint(_ session: SessionTable.Session) async throws -> Reply {
        let isOperator = session.role == .operator
        let text = try await isOperator ? parts.host.checkpoint() : parts.host.visibleCheckpoint()
        return Reply(text: text)
    }

    /// `GET /v1/ledger/entries?from=N&count=M`
    func entries(from first: UInt64, count: Int) async throws -> Reply {
        let page = try await parts.host.entries(
            from: first, count: count, byteCount: WireLimits.entryPageByteCount)
        var answer = WireEntryPage()
        answer.entries = page.entries.map { Data($0) }
        answer.ledgerSize = page.size
        return try Reply(answer)
    }

    /// `GET /metrics`
    func metrics(_ exchange: Exchange, _ session: SessionTable.Session?) async throws -> Reply {
        let seesOpenRounds = exchange.isLocal || session?.role == .operator
        guard seesOpenRounds || parts.settings.current.metrics == .anyone else {
            throw ServerProblem(
                .forbidden, "metrics are for this machine and the operator",
                hint: "metrics: anyone in coordinator.yaml")
        }
        let figures = await parts.host.figures()
        return Reply(
            text: MetricsPage(
                counted: parts.metrics.snapshot, figures: figures, counter: parts.counter,
                sessions: parts.sessions.count, uploads: parts.vault.uploadCount,
                blobByteCount: parts.vault.usedByteCount, seesOpenRounds: seesOpenRounds
            ).text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
