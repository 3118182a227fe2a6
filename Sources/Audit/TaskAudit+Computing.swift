import Aggregation
import Attestation
import Federation
import Foundation
import Ledger
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
    func checkOpening(_ opening: TaskOpened, _ task: TaskConfiguration, _ faults: inout [AuditFault]) {
        let parts: [(name: String, agrees: Bool)] = [
            ("reward", opening.reward == task.reward), ("quorum", Int(opening.quorum) == task.cohort.quorum),
            ("grid", Int(opening.gridFractionBits) == task.grid.fractionBits),
            ("number of parameters", opening.parameterCount == UInt64(task.architecture.parameterLayout.count)),
        ]
        for part in parts where !part.agrees {
            faults.append(
                AuditFault(.entry(history.openedAt), "its \(part.name) is not the one of the task's file"))
        }
    }

    /// Nobody chooses a run's cohorts: the task's seed draws them among all that are registered.
    ///
    /// A coordinator draws among those that were there at that moment, which no ledger shows; here it is only checked
    /// that it invited no more than the task's file says, and nobody twice or unknown.
    func checkCohort(_ round: LedgerHistory.Round, _ task: TaskConfiguration, _ faults: inout [AuditFault]) {
        let cohort = round.opened.cohort
        var reason: String?
        if isCoordinator {
            let isAscending = zip(cohort, cohort.dropFirst()).allSatisfy { $0 < $1 }
            if cohort.count > task.cohort.invitationCount {
                reason = "\(cohort.count) are invited; the task's file invites \(task.cohort.invitationCount)"
            } else if !isAscending || cohort.last.map({ Int($0) >= round.population }) ?? true {
                reason = "its cohort names somebody twice, or who was not registered"
            }
        } else {
            let drawn = CohortSelection.cohort(
                size: task.cohort.invitationCount, population: round.population, seed: task.seed,
                round: round.opened.round)
            if cohort != drawn { reason = "its cohort is not the one that the task's seed draws" }
        }
        guard let reason else { return }
        faults.append(AuditFault(.entry(round.openedAt), "round \(round.opened.round): \(reason)"))
    }

    /// Whether a round's updates are there, or at least one of them: rounds are kept or let go as a whole.
    func isKept(_ round: LedgerHistory.Round, _ means: Means) -> Bool {
        round.accepted.contains { _, statement in
            let path = means.blobs.updatePath(round: Int(statement.round), digest: statement.update)
            return FileManager.default.fileExists(atPath: path)
        }
    }

    /// An aggregator at the round's start: the one of the round before, or a new one from kept models.
    func aggregator(
        at round: LedgerHistory.Round, _ means: Means, _ data: DividedDataset, _ initial: SharedParameterSet,
        _ chain: Chain
    ) throws -> RoundAggregator {
        if let running = chain.aggregator, chain.model == round.opened.baseModel { return running }
        let model = try self.model(round.opened.baseModel, means, initial, chain)
        let needsPrevious = means.task.reward.score.isPath && chain.recorded.count == 2
        let previous = needsPrevious ? try self.model(chain.recorded[0], means, initial, chain) : nil
        let state = try serverState(means, chain)
        return try RoundAggregator(
            task: means.task, blob: means.blob,
            start: RoundAggregator.Start(model: model, previousModel: previous, serverState: state),
            validation: data.validation, test: data.test, threads: options.threads)
    }

    /// The server optimiser's momentum at the round's start, or nil if it has none.
    private func serverState(_ means: Means, _ chain: Chain) throws -> [UInt8]? {
        try chain.serverState.map { digest in
            do {
                return try means.blobs.serverState(
                    digest, limit: AggregationLimits.stateHeaderByteCount + 8 * means.blob.layout.count)
            } catch {
                throw FoundFault(place.file("models/\(digest.hex).state"), "\(error)")
            }
        }
    }

    /// A model by its digest: the initial one, or one that was kept.
    func model(
        _ digest: Digest, _ means: Means, _ initial: SharedParameterSet, _ chain: Chain
    ) throws -> SharedParameterSet {
        if digest == history.opening.initialModel { return initial }
        let file = try means.blobs.openModel(digest)
        let place = self.place.file("models/\(digest.hex).safetensors")
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

    /// An accepted update, read back and checked as the coordinator checked it.
    func update(
        _ statement: ContributionStatement, at sequence: UInt64, _ means: Means
    ) throws -> CheckedUpdate {
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
            do {
                return try CheckedUpdate(
                    checking: SharedParameterSet(means.blob.parameters(from: bytes)),
                    weight: Int64(clamping: statement.sampleCount), layout: means.blob.layout, grid: means.task.grid,
                    threads: options.threads)
            } catch {
                throw FoundFault(.entry(sequence), "it accepts an update that must be refused: \(error)")
            }
        }
    }

    /// The round's result, from its updates.
    func compute(
        _ round: LedgerHistory.Round, with aggregator: RoundAggregator, _ means: Means
    ) throws -> RoundResult {
        var accepted: [AcceptedContribution] = []
        var places: [UInt64: ContributionStatement] = [:]
        for (sequence, statement) in round.accepted {
            let update = try update(statement, at: sequence, means)
            guard let participant = numbers[statement.participantKey] else {
                throw FoundFault(.entry(sequence), "it accepts a contribution of an unknown participant")
            }
            let contribution = AcceptedContribution(
                ticket: sequence, participant: participant, weight: statement.sampleCount, update: statement.update)
            try aggregator.fold(update, contribution)
            accepted.append(contribution)
            places[sequence] = statement
        }
        accepted.sort { $0.participant < $1.participant }
        return try aggregator.seal(round: round.opened.round, accepted: accepted) {
            contribution throws(FederationError) in
            do {
                guard let statement = places[contribution.ticket] else {
                    throw FederationError(.unusableUpdate, "no such contribution")
                }
                return try update(statement, at: contribution.ticket, means)
            } catch {
                throw FederationError(.unusableUpdate, "\(error)")
            }
        }
    }

    /// Compares a computed round with the recorded one; the first difference of each entry is a fault.
    func compare(
        _ result: RoundResult, _ round: LedgerHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed),
        _ faults: inout [AuditFault]
    ) {
        let body = sealed.body
        var reason: String?
        if body.aggregate != result.aggregate {
            let (right, stated) = (result.aggregate?.hex ?? "nothing", body.aggregate?.hex ?? "nothing")
            reason = "the accepted updates sum to \(right), not to \(stated)"
        } else if body.model != result.model {
            reason = "the average gives the model \(result.model), not \(body.model)"
        } else if body.serverState != result.serverState {
            reason = "the server's momentum is another"
        } else if let metrics = body.metrics, metrics != result.metrics {
            reason = "the metrics are \(result.metrics), not \(metrics)"
        }
        if let reason { faults.append(AuditFault(.entry(sealed.sequence), "round \(body.round): \(reason)")) }
        compareScores(result.scores, round, &faults)
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

    /// Checks what can be checked of a round without the data set: the sum where it was digested, else the model that
    /// it gives, and scores that are samples.
    func averageAlone(
        _ round: LedgerHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed), _ means: Means,
        _ initial: SharedParameterSet, _ chain: Chain, _ faults: inout [AuditFault]
    ) throws -> AuditedRound.Outcome {
        var sum = ExactAccumulator(count: means.blob.layout.count, grid: means.task.grid)
        for (sequence, statement) in round.accepted {
            try sum.fold(update(statement, at: sequence, means), threads: options.threads)
        }
        guard !means.task.reward.score.isPath else {
            let digest = sum.digest()
            guard digest == sealed.body.aggregate else {
                throw FoundFault(
                    .entry(sealed.sequence),
                    "round \(round.opened.round): the accepted updates sum to \(digest), not to what it says")
            }
            return .aggregateOnly(means.withoutData)
        }
        var model = try self.model(round.opened.baseModel, means, initial, chain).parameters.copy()
        var optimizer = try ServerOptimizer.resuming(
            learningRate: means.task.server.learningRate, momentum: means.task.server.momentum,
            state: serverState(means, chain), count: means.blob.layout.count)
        try optimizer.step(model: &model, updates: sum, threads: options.threads)
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
        let scores = round.accepted.compactMap { _, statement in
            numbers[statement.participantKey].map {
                ContributionScore(participant: $0, full: 0, novel: 0, samples: statement.sampleCount)
            }
        }
        compareScores(scores, round, &faults)
        return .aggregateOnly(means.withoutData)
    }

    /// The newest model's file must be the model that the last round gave: in a run `model.safetensors`, on a
    /// coordinator the one that is named by its digest.
    func checkFinalModel(_ means: Means, _ chain: Chain, _ faults: inout [AuditFault]) {
        guard let last = chain.recorded.last else { return }
        let name = isCoordinator ? "models/\(last.hex).safetensors" : "model.safetensors"
        if isCoordinator, last == history.opening.initialModel { return }
        do {
            let path = isCoordinator ? means.blobs.modelPath(last) : place.folder.model.path
            let digest = try MappedFile(path: path).withUnsafeBytes {
                BlobDigest.digest(of: $0, threads: options.threads)
            }
            if digest != last {
                faults.append(
                    AuditFault(place.file(name), "its digest is \(digest); the last round gave \(last)"))
            }
        } catch {
            faults.append(AuditFault(place.file(name), "\(error)"))
        }
    }
}
