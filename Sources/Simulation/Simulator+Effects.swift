import Aggregation
import Attestation
import Federation
import Ledger
import Runs
import Tensors
import Valuation

extension Simulator {
    /// Proposes one entry; it becomes durable with the next flush.
    func record(_ body: EntryBody) throws {
        proposed.append(Proposal(body: body, timeMs: clock.nowMs))
        if case .roundSealed(let sealed) = body { recorder.sealed(sealed) }
        if proposed.count >= SimulationLimits.proposedEntryCount { try flush() }
    }

    /// Makes all proposed entries durable, in one commit.
    func flush() throws {
        guard !proposed.isEmpty else { return }
        let batch = proposed
        proposed.removeAll(keepingCapacity: true)
        try journal.append(batch)
    }

    /// Appends what the rules say is due, and ends the round for those who watch.
    func recordDue() throws {
        try flush()
        try journal.appendDue(timeMs: clock.nowMs)
        observer.roundEnded(try recorder.endRound(atMs: clock.nowMs))
    }

    /// Sends out a round's invitations: decides what becomes of each and schedules the answers.
    func invite(_ invitation: Invitation) throws {
        try flush()
        try recorder.opened(invitation, atMs: clock.nowMs)
        let state = workshop.publicState(
            round: invitation.round, model: aggregator.model,
            boundSquared: journal.state.tasks[workshop.taskID]?.round?.boundSquared)
        var arrivals: [(atMs: UInt64, ticket: UInt64)] = []
        for number in invitation.cohort {
            let participant = federation.participants[Int(number)]
            let fate = network.fate(of: participant, round: invitation.round)
            guard let arrivalMs = fate.arrivalMs else { continue }
            let ticket = workshop.assign(
                participant, state: state, baseModel: invitation.baseModel, ledgerRoot: journal.root)
            arrivals.append((clock.nowMs + arrivalMs, ticket))
            if let repeatMs = fate.repeatMs {
                arrivals.append((clock.nowMs + repeatMs, workshop.assignRepeat(of: ticket)))
            }
        }
        arrivals.sort { ($0.atMs, $0.ticket) < ($1.atMs, $1.ticket) }
        workshop.expect(arrivals.map(\.ticket))
        for arrival in arrivals { clock.schedule(.arrival(ticket: arrival.ticket), atMs: arrival.atMs) }
    }

    /// A contribution reaches the coordinator.
    func deliver(_ ticket: UInt64) throws {
        let contribution = try workshop.contribution(ticket)
        recorder.received()
        try handle(
            .received(
                statement: contribution.statementBytes, signature: contribution.signature, ticket: ticket))
    }

    /// Adds an accepted update to the round's sum and keeps its bytes for the auditor.
    func fold(_ contribution: AcceptedContribution) throws {
        guard let update = workshop.checkedUpdate(of: contribution.ticket) else {
            throw SimulationError(.underlying, "update \(contribution.ticket) was accepted but never checked")
        }
        try aggregator.fold(update, contribution)
        workshop.accepted(contribution.ticket)
        try recorder.accepted(contribution, atMs: clock.nowMs)
        let retired = try withBytes(of: update.parameters.parameters) { header, values throws(RunError) in
            try blobs.putUpdate(
                round: recorder.round, digest: contribution.update, header: header, values: values)
        }
        try recorder.retired(retired, atMs: clock.nowMs)
        workshop.release(contribution.ticket)
    }

    /// Averages, evaluates and scores a round.
    func aggregate(_ round: UInt32, _ accepted: [AcceptedContribution]) throws {
        try flush()
        var result = try aggregator.seal(round: round, accepted: accepted, recall: recall)
        if let metrics = result.metrics {
            let scored = WithheldScores(metrics: metrics, scores: result.scores)
            scoredRounds[round] = scored
            recorder.measured(scored, round: round)
            if terms.withholdsScores {
                result.scoreCommitment = scored.commitment(
                    of: workshop.taskID, round: round, salt: federation.secrets.task.salt(round: round))
            }
        }
        try store(model: aggregator.model, digest: result.model, round: Int(round))
        if let state = aggregator.serverState() {
            try blobs.putServerState(round: Int(round), bytes: state)
        }
        workshop.forget(round: round)
        if let metrics = result.metrics, result.isGapWide {
            try recorder.gapIsWide(metrics.scoreGap, atMs: clock.nowMs)
        }
        if let divergence = result.divergence { try recorder.diverged(divergence, atMs: clock.nowMs) }
        followUps.append(.aggregated(result))
    }

    /// Reads an accepted update back from the run folder.
    private func recall(_ contribution: AcceptedContribution) throws(FederationError) -> CheckedUpdate {
        do {
            let file = try blobs.openUpdate(round: recorder.round, digest: contribution.update)
            let update = try file.withUnsafeBytes { bytes throws(FederationError) in
                try workshop.blob.parameters(from: bytes)
            }
            return try CheckedUpdate(
                checking: SharedParameterSet(update), weight: 0, layout: workshop.blob.layout,
                grid: scenario.task.grid, threads: threads)
        } catch {
            throw FederationError(.unusableUpdate, "update \(contribution.update) cannot be read back: \(error)")
        }
    }

    /// Keeps a model for the auditor.
    func store(model: SharedParameterSet, digest: Digest, round: Int) throws {
        let retired = try withBytes(of: model.parameters) { header, values throws(RunError) in
            try blobs.putModel(round: round, digest: digest, header: header, values: values)
        }
        try recorder.retired(retired, atMs: clock.nowMs)
    }

    /// Keeps what the next round starts from. The store lets models go by the round that they belong to, and a round
    /// without quorum hands on those of the round before it.
    func keepModels(through round: Int) throws {
        if let previous = aggregator.previousModel {
            let digest = workshop.blob.digest(of: previous.parameters, threads: threads)
            if blobs.holdsModel(digest) { try store(model: previous, digest: digest, round: round - 1) }
        }
        try store(model: aggregator.model, digest: engine.model, round: round)
        if let state = aggregator.serverState() { try blobs.putServerState(round: round, bytes: state) }
    }

    private func withBytes<Result>(
        of parameters: borrowing ParameterSet, _ body: (RawSpan, RawSpan) throws(RunError) -> Result
    ) throws(RunError) -> Result {
        let header = workshop.blob.header
        return try body(header.span.bytes, parameters.values.span.bytes)
    }

    /// Reveals what was withheld, settles and closes the task, and takes a snapshot of all balances.
    func close(rounds: UInt32, model: Digest, reason: TaskClosed.Reason) throws {
        try flush()
        let timeMs = clock.nowMs
        let secret = federation.secrets.task
        while let round = journal.state.tasks[workshop.taskID]?.waiting.first?.number {
            guard let scored = scoredRounds[round] else {
                throw SimulationError(.underlying, "the scores of round \(round) were not kept")
            }
            let revealed = RoundRevealed(
                task: workshop.taskID, round: round, salt: secret.salt(round: round), metrics: scored.metrics)
            try journal.append(
                [.roundRevealed(revealed)] + scored.parts(of: workshop.taskID, round: round).map { .scores($0) },
                timeMs: timeMs)
        }
        let settlement = try LedgerRules.settlement(of: workshop.taskID, journal.state)
        try journal.append(settlement, timeMs: timeMs)
        for case .transfer(let transfer) in settlement where transfer.kind == .reward { recorder.rewarded(transfer) }
        for case .taskSettled(let settled) in settlement { recorder.settled(settled) }
        try journal.append(
            [
                .taskClosed(
                    TaskClosed(
                        task: workshop.taskID, rounds: rounds, model: model, reason: reason, secret: secret))
            ], timeMs: timeMs)
        try journal.appendDue(timeMs: timeMs)
        try journal.append([.snapshot(journal.state.snapshot)], timeMs: timeMs)
    }

    /// Signs the ledger's head and writes what the run folder still lacks.
    func finishRun() throws -> RunSummary {
        let note = try journal.checkpoint()
        if let likeness = aggregator.likeness { recorder.note(likeness: likeness.likenesses()) }
        let summary = try recorder.summary(
            journal: journal, model: engine.model, retention: blobs.retention, threads: threads)
        try journal.close()
        try recorder.finish(
            summary, checkpoint: note, model: aggregator.model, signer: federation.coordinatorSigner())
        return summary
    }
}
