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

extension RoundAudit {
    /// What the ledger's rules go by must be what the task's file says, which participants signed for.
    func checkOpening(
        _ opening: TaskOpened, at sequence: UInt64, _ task: TaskConfiguration, into report: inout AuditReport
    ) {
        let parts: [(name: String, agrees: Bool)] = [
            ("reward", opening.reward == task.reward), ("quorum", Int(opening.quorum) == task.cohort.quorum),
            ("grid", Int(opening.gridFractionBits) == task.grid.fractionBits),
            ("number of parameters", opening.parameterCount == UInt64(task.architecture.parameterLayout.count)),
        ]
        for part in parts where !part.agrees {
            report.faults.append(AuditFault(.entry(sequence), "its \(part.name) is not the one of the task's file"))
        }
    }

    /// Nobody chooses a round's cohort: the task's seed draws it.
    func checkCohort(_ round: RunHistory.Round, _ task: TaskConfiguration, into report: inout AuditReport) {
        let drawn = CohortSelection.cohort(
            size: task.cohort.invitationCount, population: round.population, seed: task.seed,
            round: round.opened.round)
        guard round.opened.cohort != drawn else { return }
        report.faults.append(
            AuditFault(
                .entry(round.openedAt),
                "round \(round.opened.round): its cohort is not the one that the task's seed draws"))
    }

    /// What a round lacks to be computed again, or nil.
    func lacking(_ round: RunHistory.Round, _ means: Means) -> String? {
        means.blobs.retainedRounds.contains(Int(round.opened.round)) ? nil : "its updates were not kept"
    }

    /// An aggregator at the round's start: the one of the round before, or a new one from kept models.
    func aggregator(
        at round: RunHistory.Round, _ means: Means, _ federation: PreparedFederation, _ initial: SharedParameterSet,
        _ chain: Chain
    ) throws -> RoundAggregator {
        if let running = chain.aggregator, chain.model == round.opened.baseModel { return running }
        let model = try self.model(round.opened.baseModel, means, initial, chain)
        let previous = chain.recorded.count < 2 ? nil : try self.model(chain.recorded[0], means, initial, chain)
        let state = try chain.serverState.map { digest in
            do {
                return try means.blobs.serverState(digest, limit: 8 * means.blob.byteCount)
            } catch {
                throw FoundFault(.file("models/\(digest.hex).state"), "\(error)")
            }
        }
        return try RoundAggregator(
            task: means.task, blob: means.blob,
            start: RoundAggregator.Start(model: model, previousModel: previous, serverState: state),
            validation: federation.validation, test: federation.test, threads: options.threads)
    }

    /// A model by its digest: the initial one, or one that was kept.
    func model(
        _ digest: Digest, _ means: Means, _ initial: SharedParameterSet, _ chain: Chain
    ) throws -> SharedParameterSet {
        if digest == history.task?.body.initialModel { return initial }
        let file = try means.blobs.openModel(digest)
        let place = AuditFault.Place.file("models/\(digest.hex).safetensors")
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
            throw FoundFault(.file(path), "the update that entry \(sequence) accepts is not there: \(error.message)")
        }
        return try file.withUnsafeBytes { bytes in
            guard BlobDigest.digest(of: bytes, threads: options.threads) == statement.update else {
                throw FoundFault(.file(path), "its bytes do not have the digest that entry \(sequence) signs for")
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
        _ round: RunHistory.Round, with aggregator: RoundAggregator, _ means: Means
    ) throws -> RoundResult {
        var accepted: [AcceptedContribution] = []
        var places: [UInt64: ContributionStatement] = [:]
        for (sequence, statement) in round.accepted {
            let update = try update(statement, at: sequence, means)
            guard let participant = history.numbers[statement.participantKey] else {
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
        _ result: RoundResult, _ round: RunHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed),
        into report: inout AuditReport
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
        if let reason { report.faults.append(AuditFault(.entry(sealed.sequence), "round \(body.round): \(reason)")) }
        let computed = Dictionary(result.scores.map { ($0.participant, $0) }, uniquingKeysWith: { first, _ in first })
        for (sequence, score) in round.scores where computed[score.participant] != score {
            let right = computed[score.participant].map { "\($0.full) (novel \($0.novel))" } ?? "none"
            report.faults.append(
                AuditFault(
                    .entry(sequence),
                    """
                    round \(body.round): participant \(score.participant)'s score is \(right), not \(score.full) \
                    (novel \(score.novel))
                    """))
            return
        }
    }

    /// Checks the sum of a round whose scores cannot be computed, for want of the data set.
    func averageAlone(
        _ round: RunHistory.Round, _ sealed: (sequence: UInt64, body: RoundSealed), _ means: Means,
        into report: inout AuditReport
    ) -> AuditedRound.Outcome {
        do {
            var sum = ExactAccumulator(count: means.blob.layout.count, grid: means.task.grid)
            for (sequence, statement) in round.accepted {
                try sum.fold(update(statement, at: sequence, means), threads: options.threads)
            }
            let digest = sum.digest()
            if digest != sealed.body.aggregate {
                throw FoundFault(
                    .entry(sealed.sequence),
                    "round \(sealed.body.round): the accepted updates sum to \(digest), not to what it says")
            }
            return .aggregateOnly(means.withoutData)
        } catch let found as FoundFault {
            report.faults.append(found.fault)
        } catch {
            report.faults.append(AuditFault(.entry(sealed.sequence), "\(error)"))
        }
        return .digestOnly("it could not be computed again")
    }

    /// The model file must be the model that the last round gave.
    func checkFinalModel(_ means: Means, _ chain: Chain, into report: inout AuditReport) {
        let place = AuditFault.Place.file("model.safetensors")
        guard let last = chain.recorded.last else { return }
        do {
            let digest = try MappedFile(path: folder.model.path).withUnsafeBytes {
                BlobDigest.digest(of: $0, threads: options.threads)
            }
            if digest != last {
                report.faults.append(AuditFault(place, "its digest is \(digest); the last round gave \(last)"))
            }
        } catch {
            report.faults.append(AuditFault(place, "\(error)"))
        }
    }
}
