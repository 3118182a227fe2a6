import Aggregation
import Attestation
import Federation
import Foundation
import Ledger
import Rewards
import Runs
import Simulation
import Tensors
import Training

/// A fault found in the middle of computing a round.
struct FoundFault: Error {
    let fault: AuditFault

    init(_ place: AuditFault.Place, _ reason: String) {
        fault = AuditFault(place, reason)
    }
}

extension TaskAudit {
    /// What the ledger's rules go by must be what the task's file says, which participants signed for.
    func checkOpening(_ opening: TaskOpened, _ means: Means, _ faults: inout [AuditFault]) {
        let task = means.task
        let parts: [(name: String, agrees: Bool)] = [
            ("reward, trust or weights", agrees(opening, task)), ("quorum", Int(opening.quorum) == task.cohort.quorum),
            ("bound on the length of updates", boundAgrees(opening, means)),
            ("grid", Int(opening.gridFractionBits) == task.grid.fractionBits),
            ("number of parameters", opening.parameterCount == UInt64(task.architecture.parameterLayout.count)),
        ]
        for part in parts where !part.agrees {
            faults.append(
                AuditFault(.entry(history.openedAt), "its \(part.name) is not the one of the task's file"))
        }
    }

    /// Whether the terms on the ledger are those of the task's file; the secret and the bound are not in the file.
    private func agrees(_ opening: TaskOpened, _ task: TaskConfiguration) -> Bool {
        guard let terms = opening.terms else {
            guard let reward = opening.reward, let named = Version1Reward(text: opening.configuration) else {
                return false
            }
            return named == reward
        }
        return terms
            == task.terms(
                normBoundSquared: terms.normBoundSquared, openedAtMs: history.openedAtMs,
                secretCommitment: terms.secretCommitment)
    }

    /// Whether the bound is the one that the file names or, where it names none, that the validation set gives.
    private func boundAgrees(_ opening: TaskOpened, _ means: Means) -> Bool {
        guard let terms = opening.terms else { return true }
        if means.task.weights.bound == .automatic, means.sets == nil { return true }
        let examples = means.sets?.validation
        guard let examples else {
            return terms.normBoundSquared == NormRehearsal.namedBoundSquared(means.task)
        }
        return terms.normBoundSquared == (try? NormRehearsal.boundSquared(means.task, examples: examples))
    }

    /// Nobody chooses a run's cohorts: the task's seed draws them among all that are registered.
    ///
    /// A coordinator draws among those that were there at that moment, which no ledger shows; here it is only checked
    /// that it invited no more than the task's file says, and nobody twice or unknown.
    func checkCohort(_ round: LedgerHistory.Round, _ task: TaskConfiguration, _ faults: inout [AuditFault]) {
        let cohort = round.opened.cohort
        var reason: String?
        if kind != .run {
            let isAscending = zip(cohort, cohort.dropFirst()).allSatisfy { $0 < $1 }
            if cohort.count > (task.trust == .open ? round.population : task.cohort.invitationCount) {
                reason = "\(cohort.count) are invited; the task's file invites \(task.cohort.invitationCount)"
            } else if !isAscending || cohort.last.map({ Int($0) >= round.population }) ?? true {
                reason = "its cohort names somebody twice, or who was not registered"
            }
        } else {
            let drawn = CohortSelection.cohort(
                size: task.trust == .open ? round.population : task.cohort.invitationCount,
                population: round.population, seed: task.seed,
                round: round.opened.round)
            if cohort != drawn { reason = "its cohort is not the one that the task's seed draws" }
        }
        guard let reason else { return }
        faults.append(AuditFault(.entry(round.openedAt), "round \(round.opened.round): \(reason)"))
    }

    /// An aggregator at the round's start: the one of the round before, or a new one from kept models. Nil where the
    /// round's scores rest on earlier rounds that were not computed again.
    func aggregator(
        at round: LedgerHistory.Round, _ means: Means, _ sets: EvaluationSets, _ initial: SharedParameterSet,
        _ chain: Chain
    ) throws -> RoundAggregator? {
        if let running = chain.aggregator, chain.model == round.opened.baseModel { return running }
        if means.terms != nil, means.scoring != .none, chain.recorded.count > 1 { return nil }
        let model = try self.model(round.opened.baseModel, means, initial, chain)
        let needsPrevious = means.scoring == .version1 && chain.recorded.count == 2
        let previous = needsPrevious ? try self.model(chain.recorded[0], means, initial, chain) : nil
        let state = try serverState(means, chain)
        return try RoundAggregator(
            task: means.task, scoring: means.scoring, blob: means.blob,
            start: RoundAggregator.Start(model: model, previousModel: previous, serverState: state), sets: sets,
            threads: options.threads)
    }

    /// The server optimiser's momentum at the round's start, or nil if it has none.
    private func serverState(_ means: Means, _ chain: Chain) throws -> [UInt8]? {
        try chain.serverState.map { digest in
            if let derived = chain.derived, derived.state == digest, let bytes = derived.stateBytes { return bytes }
            let name = "models/\(digest.hex).state"
            try require(name, means) { $0.body.serverState == digest }
            do {
                return try means.blobs.serverState(
                    digest, limit: AggregationLimits.stateHeaderByteCount + 8 * means.blob.layout.count)
            } catch {
                throw FoundFault(place.file(name), "\(error)")
            }
        }
    }

    /// A model by its digest: the initial one, one that was derived, or one that was kept.
    func model(
        _ digest: Digest, _ means: Means, _ initial: SharedParameterSet, _ chain: Chain
    ) throws -> SharedParameterSet {
        if digest == chain.initial { return initial }
        if let derived = chain.derived, derived.digest == digest { return derived.model }
        let name = "models/\(digest.hex).safetensors"
        try require(name, means) { $0.body.model == digest }
        let file = try means.blobs.openModel(digest)
        let place = self.place.file(name)
        return try file.withUnsafeBytes { bytes in
            guard BlobDigest.digest(of: bytes, threads: options.threads) == digest else {
                throw FoundFault(place, "its bytes do not have the digest it is named by")
            }
            do {
                return SharedParameterSet(try means.blob.parameters(from: bytes))
            } catch {
                throw FoundFault(place, "\(error)")
            }
        }
    }

    /// An accepted update, read back and checked as the coordinator checked it: digest, grid, length, and that its
    /// sender had its bytes.
    func update(
        _ entry: ContributionAccepted, at sequence: UInt64, _ means: Means
    ) throws -> CheckedUpdate {
        let statement = entry.statement
        let path = "updates/\(RunFolder.roundName(Int(statement.round)))/\(statement.update.hex).safetensors"
        let file: MappedFile
        do {
            file = try means.blobs.openUpdate(round: Int(statement.round), digest: statement.update)
        } catch {
            throw FoundFault(
                place.file(path), "the update that entry \(sequence) accepts is not there: \(error.message)")
        }
        return try file.withUnsafeBytes { bytes in
            guard BlobDigest.digest(of: bytes, threads: options.threads) == statement.update else {
                throw FoundFault(place.file(path), "its bytes do not have the digest that entry \(sequence) signs for")
            }
            let checked: CheckedUpdate
            do {
                checked = try CheckedUpdate(
                    checking: SharedParameterSet(means.blob.parameters(from: bytes)), weight: 0,
                    layout: means.blob.layout, grid: means.task.grid, threads: options.threads)
            } catch {
                throw FoundFault(.entry(sequence), "it accepts an update that must be refused: \(error)")
            }
            guard means.terms != nil else { return checked }
            guard entry.squaredNorm == checked.squaredNorm else {
                throw FoundFault(.entry(sequence), "the update's squared norm is \(checked.squaredNorm)")
            }
            let possession = means.blob.possession(
                of: checked.parameters.parameters, by: statement.participantKey)
            guard possession == statement.possession else {
                throw FoundFault(.entry(sequence), "its sender did not state possession of the update's bytes")
            }
            return checked
        }
    }

    /// The round's result, from its updates.
    func compute(
        _ round: LedgerHistory.Round, with aggregator: RoundAggregator, _ means: Means
    ) throws -> RoundResult {
        var accepted: [AcceptedContribution] = []
        var places: [UInt64: ContributionAccepted] = [:]
        for (sequence, entry) in round.accepted {
            let update = try update(entry, at: sequence, means)
            let contribution = try contribution(of: entry, at: sequence, round, squaredNorm: update.squaredNorm)
            try aggregator.fold(update, contribution)
            accepted.append(contribution)
            places[sequence] = entry
        }
        accepted.sort { $0.participant < $1.participant }
        return try aggregator.seal(round: round.opened.round, accepted: accepted) {
            contribution throws(FederationError) in
            do {
                guard let entry = places[contribution.ticket] else {
                    throw FederationError(.unusableUpdate, "no such contribution")
                }
                return try update(entry, at: contribution.ticket, means)
            } catch {
                throw FederationError(.unusableUpdate, "\(error)")
            }
        }
    }

    /// A contribution with the weight that the rules give it.
    func contribution(
        of entry: ContributionAccepted, at sequence: UInt64, _ round: LedgerHistory.Round, squaredNorm: UInt128
    ) throws -> AcceptedContribution {
        let statement = entry.statement
        guard let participant = numbers[statement.participantKey] else {
            throw FoundFault(.entry(sequence), "it accepts a contribution of an unknown participant")
        }
        let units = round.units[participant] ?? Units.ordinary
        let weight = EffectiveWeight.value(
            of: UpdateNorm(squared: squaredNorm, units: units), boundSquared: round.opened.boundSquared,
            samples: statement.sampleCount)
        return AcceptedContribution(
            ticket: sequence, participant: participant, weight: weight, units: units, squaredNorm: squaredNorm,
            sampleCount: statement.sampleCount, update: statement.update)
    }

    /// A round that left the model as it was. That it diverged is derived again where that can be; and its updates'
    /// lengths, from which the bounds of later rounds follow.
    func auditUnmoved(
        _ round: LedgerHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed), _ means: Means,
        _ initial: SharedParameterSet, _ chain: Chain, _ faults: inout [AuditFault]
    ) -> (outcome: AuditedRound.Outcome, missing: MissingEvidence?) {
        let isDiverged = sealed.body.outcome == .diverged
        guard isDiverged || sealed.body.outcome == .noQuorum && round.opened.boundSquared != nil else {
            return (.noQuorum, nil)
        }
        do {
            if let missing = try missingUpdates(round, means) { throw missing }
            for (sequence, entry) in round.accepted { _ = try update(entry, at: sequence, means) }
            guard isDiverged else { return (.noQuorum, nil) }
            guard let sets = means.sets else { return (.digestOnly(means.withoutData), means.missing) }
            guard let aggregator = try self.aggregator(at: round, means, sets, initial, chain) else {
                return (.digestOnly(Self.withoutHistory), chain.missing)
            }
            guard try compute(round, with: aggregator, means).metrics == nil else {
                throw FoundFault(.entry(sealed.sequence), "round \(round.opened.round) does not diverge")
            }
            return (.rederived, nil)
        } catch let missing as MissingEvidence {
            return (isDiverged ? .digestOnly(missing.reason) : .noQuorum, missing)
        } catch let fault as FoundFault {
            faults.append(fault.fault)
        } catch {
            faults.append(AuditFault(.entry(sealed.sequence), "\(error)"))
        }
        return (isDiverged ? .digestOnly("it could not be computed again") : .noQuorum, nil)
    }

    /// Compares a computed round with the recorded one; the first difference of each entry is a fault.
    func compare(
        _ result: RoundResult, _ round: LedgerHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed),
        _ means: Means, _ faults: inout [AuditFault]
    ) {
        let body = sealed.body
        var reason: String?
        let stated = round.revealed?.body.metrics ?? body.metrics
        if body.aggregate != result.aggregate {
            let (right, stated) = (result.aggregate?.hex ?? "nothing", body.aggregate?.hex ?? "nothing")
            reason = "the accepted updates sum to \(right), not to \(stated)"
        } else if body.model != result.model {
            reason = "the average gives the model \(result.model), not \(body.model)"
        } else if body.serverState != result.serverState {
            reason = "the server's momentum is another"
        } else if let stated, let metrics = result.metrics, stated != metrics {
            reason = "the metrics are \(metrics), not \(stated)"
        } else if result.metrics == nil {
            reason = "it diverges, and nobody may be scored in it"
        }
        if let reason { faults.append(AuditFault(.entry(sealed.sequence), "round \(body.round): \(reason)")) }
        let version1Samples = means.terms == nil && means.scoring == .none
        compareScores(version1Samples ? sampleScores(round) : result.scores, round, &faults)
    }

    /// The scores of a task of rules version 1 that pays samples.
    private func sampleScores(_ round: LedgerHistory.Round) -> [ContributionScore] {
        round.accepted.compactMap { _, entry in
            numbers[entry.statement.participantKey].map {
                ContributionScore(participant: $0, full: 0, novel: 0, samples: entry.statement.sampleCount)
            }
        }
    }

    /// Compares a round's scores with the recorded ones; the first difference is a fault.
    private func compareScores(
        _ scores: [ContributionScore], _ round: LedgerHistory.Round, _ faults: inout [AuditFault]
    ) {
        let computed = Dictionary(scores.map { ($0.participant, $0) }, uniquingKeysWith: { first, _ in first })
        for (sequence, score) in round.scores where computed[score.participant] != score {
            let right = computed[score.participant].map { "\($0.full) (novel \($0.novel))" } ?? "none"
            faults.append(
                AuditFault(
                    .entry(sequence),
                    """
                    round \(round.opened.round): participant \(score.participant)'s score is \(right), not \
                    \(score.full) (novel \(score.novel))
                    """))
            return
        }
    }

    /// Why a round's scores are not computed again although its updates and the data set are there.
    static let withoutHistory = "the rounds before it could not be computed again, which its scores rest on"

    /// Checks what can be checked of a round without its scores: the sum where it was digested, the model and the
    /// server's momentum that it gives, and scores that are samples.
    func deriveModel(
        _ round: LedgerHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed), _ means: Means,
        _ initial: SharedParameterSet, _ chain: inout Chain, _ faults: inout [AuditFault]
    ) throws {
        var sum = ExactAccumulator(count: means.blob.layout.count, grid: means.task.grid)
        var accepted: [AcceptedContribution] = []
        for (sequence, entry) in round.accepted {
            let update = try update(entry, at: sequence, means)
            let contribution = try contribution(of: entry, at: sequence, round, squaredNorm: update.squaredNorm)
            try sum.fold(update.weighted(Int64(clamping: contribution.weight)), threads: options.threads)
            accepted.append(contribution)
        }
        if let stated = sealed.body.aggregate {
            let digest = sum.digest()
            guard digest == stated else {
                throw FoundFault(
                    .entry(sealed.sequence),
                    "round \(round.opened.round): the accepted updates sum to \(digest), not to what it says")
            }
        }
        var model = try self.model(round.opened.baseModel, means, initial, chain).parameters.copy()
        var optimizer = try ServerOptimizer.resuming(
            learningRate: means.task.server.learningRate, momentum: means.task.server.momentum,
            state: serverState(means, chain), count: means.blob.layout.count)
        try optimizer.step(
            model: &model, updates: sum, denominator: means.task.denominator(of: accepted), threads: options.threads)
        let digest = means.blob.digest(of: model, threads: options.threads)
        guard digest == sealed.body.model else {
            throw FoundFault(
                .entry(sealed.sequence),
                "round \(round.opened.round): the average gives the model \(digest), not \(sealed.body.model)")
        }
        guard optimizer.stateDigest() == sealed.body.serverState else {
            throw FoundFault(
                .entry(sealed.sequence), "round \(round.opened.round): the server's momentum is another")
        }
        chain.derived = (digest, SharedParameterSet(model), optimizer.stateDigest(), optimizer.state())
        if means.terms == nil, means.scoring == .none { compareScores(sampleScores(round), round, &faults) }
    }

    /// What the rules take as stated when a task closes: that each salt follows from the secret, and that a task that
    /// completes before its last round reached the accuracy that its file asks for.
    func checkClose(_ means: Means, _ faults: inout [AuditFault]) {
        guard let terms = means.terms, let closed = history.closed else { return }
        for case let (number, revealed?) in history.rounds.map({ ($0.opened.round, $0.revealed) })
        where revealed.body.salt != closed.body.secret?.salt(round: number) {
            faults.append(
                AuditFault(
                    .entry(revealed.sequence), "round \(number): its salt is not the one that the task's secret gives"))
        }
        guard closed.body.reason == .completed, closed.body.rounds < terms.roundCount else { return }
        let last = history.rounds.last { $0.sealed?.body.outcome == .aggregated }
        let metrics = last?.revealed?.body.metrics ?? last?.sealed?.body.metrics
        let wanted = means.task.stopAccuracy.map { UInt32(($0 * 1_000_000).rounded()) }
        guard let wanted, let metrics, metrics.testAccuracyPpm >= wanted else {
            faults.append(
                AuditFault(
                    .entry(closed.sequence),
                    """
                    it completes the task after \(closed.body.rounds) of \(terms.roundCount) rounds, without the accuracy \
                    at which its file ends it
                    """))
            return
        }
    }
}
