internal import Attestation
internal import Coordination
internal import FoundationEssentials
internal import NIOCore
internal import Synchronization
internal import Wire

extension CoordinatorAPI {
    /// `GET /readyz`
    func readiness() -> Reply {
        isStopping ? Reply(text: "stopping\n", status: 503) : Reply(text: "ready\n")
    }

    /// `GET /v1/coordinator`
    func coordinatorInfo(_ nowMs: UInt64) async throws -> Reply {
        let figures = await parts.host.figures()
        var answer = WireCoordinatorInfo()
        answer.origin = parts.origin
        answer.verifierKey = parts.verifierKey
        answer.nowMs = nowMs
        answer.version = parts.version
        answer.openTasks = await parts.host.tasks().filter { $0.stage != .closed }.map { Data($0.task.bytes) }
        answer.participants = UInt32(clamping: figures.participants)
        answer.available = UInt32(clamping: figures.available)
        return try Reply(answer)
    }

    /// `GET /v1/tasks`
    func tasks() async throws -> Reply {
        var answer = WireTaskList()
        answer.tasks = await parts.host.tasks().map { status in
            var task = WireTaskSummary()
            task.task = Data(status.task.bytes)
            task.name = status.name
            task.round = status.round
            task.rounds = status.roundCount
            task.stage = status.stage.rawValue
            task.accepted = UInt32(clamping: status.acceptedCount)
            task.invited = UInt32(clamping: status.invitedCount)
            task.deadlineMs = status.deadlineMs ?? 0
            task.model = Data(status.model.bytes)
            task.accuracyPpm = status.accuracyPpm ?? 0
            task.waitingFor = status.waitingFor ?? ""
            return task
        }
        return try Reply(answer)
    }

    /// `GET /v1/tasks/{id}`
    func taskText(_ task: Digest) async throws -> Reply {
        guard let text = await parts.host.taskText(task) else {
            throw ServerProblem(.notFound, "there is no task \(task)")
        }
        return Reply(bytes: text, type: "application/yaml")
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
    func metrics(_ exchange: Exchange, _ nowMs: UInt64) async throws -> Reply {
        let isOpen = settings.withLock { $0.metrics } == .anyone || exchange.isLocal
        let session = exchange.token.flatMap { parts.sessions.find($0, nowMs: nowMs)?.session }
        guard isOpen || session?.role == .operator else {
            throw ServerProblem(
                .forbidden, "metrics are for this machine and the operator",
                hint: "metrics: anyone in coordinator.yaml")
        }
        let figures = await parts.host.figures()
        return Reply(
            text: MetricsPage(
                counted: parts.metrics.snapshot, figures: figures, counter: parts.counter,
                sessions: parts.sessions.count, uploads: parts.vault.uploadCount,
                blobByteCount: parts.vault.usedByteCount
            ).text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
