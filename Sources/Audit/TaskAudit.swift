import Aggregation
import Attestation
import Datasets
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Tensors
import Training

/// Computes a task's rounds again from the updates that were kept, and compares with what the ledger says.
struct TaskAudit {
    let place: TaskPlace
    /// In a coordinator's folder and ledger, participants came and went.
    let kind: AuditedFolder.Kind
    let history: LedgerHistory.Task
    let numbers: [PublicKey: ParticipantNumber]
    let options: Auditor.Options
    let progress: (String) -> Void

    /// What the rounds are computed with.
    struct Means {
        let task: TaskConfiguration
        let blob: ParameterBlob
        let blobs: BlobStore
        let scoring: RoundAggregator.Scoring
        /// Nil where the data set is not there, or the validation set is not revealed yet: models can be checked then,
        /// metrics and path scores cannot.
        let sets: EvaluationSets?
        /// Why there are no sets.
        let withoutData: String
        /// What is missing for them; nil where the data set contradicts the ledger.
        let missing: MissingEvidence?
        /// In what the validation set that the data named give contradicts the ledger.
        let contradiction: String?
        /// Nil in rules version 1.
        let terms: TaskTerms?
    }

    /// The state of the chain of models between rounds.
    struct Chain {
        var aggregator: RoundAggregator?
        /// Digest of the model that the first round starts from.
        let initial: Digest
        /// Digest of the aggregator's model.
        var model: Digest?
        /// Digests of the current model and the one before it, as recorded.
        var recorded: [Digest]
        var serverState: Digest?
        /// The newest model that was derived without the data set, and the momentum that goes with it.
        var derived: (digest: Digest, model: SharedParameterSet, state: Digest?, stateBytes: [UInt8]?)?
        /// What was missing for the first round that was not derived; scores rest on all rounds before them.
        var missing: MissingEvidence?

        init(initial: Digest, recorded: [Digest]) {
            self.initial = initial
            self.recorded = recorded
        }
    }

    /// Audits every round and the final model.
    func run(faults: inout [AuditFault]) -> AuditedTask {
        let opening = history.opening
        var report = AuditedTask(
            task: opening.task.hex, rewards: history.rewardCount, rewarded: history.rewarded,
            isClosed: history.isClosed)
        let means: Means
        do {
            means = try prepare(opening)
        } catch {
            faults.append(AuditFault(.entry(history.openedAt), "the task cannot be taken up: \(error)"))
            return report
        }
        report.name = means.task.name
        report.awaitsClose = opening.terms?.scoresRounds ?? false && !history.isClosed
        if let contradiction = means.contradiction {
            faults.append(AuditFault(.entry(history.openedAt), contradiction))
        }
        checkOpening(opening, means, &faults)
        report.uninvited = history.uninvited.count
        guard let initial = initialModel(means.task),
            let first = opening.initialModel ?? history.rounds.first?.opened.baseModel
        else { return report }
        guard means.blob.digest(of: initial.parameters, threads: options.threads) == first else {
            let place = opening.initialModel == nil ? history.rounds[0].openedAt : history.openedAt
            let source = opening.initialModel == nil ? "the ledger's root" : "the task's seed"
            faults.append(AuditFault(.entry(place), "the initial model is not the one that \(source) gives"))
            return report
        }
        var chain = Chain(initial: first, recorded: [first])
        var missing: [MissingRound] = []
        let faultsBefore = faults.count
        for round in history.rounds {
            guard faults.count < AuditLimits.faultCount else { return report }
            progress("\(means.task.name), round \(round.opened.round) of \(history.rounds.count)")
            let (outcome, lacks) = audit(round, means, initial: initial, &chain, &faults)
            if let lacks { missing.append(MissingRound(round: round.opened.round, evidence: lacks)) }
            report.rounds.append(
                AuditedRound(
                    round: round.opened.round, outcome: outcome, contributions: round.accepted.count))
        }
        checkClose(means, &faults)
        if faults.count == faultsBefore { missing += checkModels(means, chain, missing, &faults) }
        report.gaps = gaps(missing, means) + checkFinalModel(means, chain, &faults)
        report.unverifiedUnits = history.units(restingOn: report.gaps.filter { $0.units > 0 }.flatMap(\.rounds))
        report.boundFiles = boundFiles(means)
        return report
    }

    /// The initial model, drawn from the ledger's root, and in rules version 1 from the task's seed; nil before the
    /// first round.
    private func initialModel(_ task: TaskConfiguration) -> SharedParameterSet? {
        guard history.opening.initialModel == nil else {
            return SharedParameterSet(task.architecture.initialParameters(seed: task.seed))
        }
        return history.startRoot.map { root in
            SharedParameterSet(task.initialModel(start: TaskStart.seed(root: root, task: history.opening.task)))
        }
    }

    /// Reads the task's file and the data set, as far as it is there.
    func prepare(_ opening: TaskOpened) throws -> Means {
        let text = String(decoding: opening.configuration, as: UTF8.self)
        let task = try opening.terms == nil ? TaskConfiguration(version1Text: text) : TaskConfiguration(text: text)
        let blobs = BlobStore(reading: place.folder)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let version1: RoundAggregator.Scoring = opening.reward?.score.isPath ?? false ? .version1 : .none
        let scoring = opening.terms.map { RoundAggregator.Scoring($0) } ?? version1
        func means(
            _ sets: EvaluationSets?, _ missing: MissingEvidence? = nil, contradiction: String? = nil
        ) -> Means {
            let reason = contradiction == nil ? "" : "the data set is not the one that the task was opened with"
            return Means(
                task: task, blob: blob, blobs: blobs, scoring: scoring, sets: sets,
                withoutData: missing?.reason ?? reason, missing: missing, contradiction: contradiction,
                terms: opening.terms)
        }
        if opening.terms != nil, history.closed?.body.secret == nil { return means(nil, .secret) }
        do {
            let data = try loadData(task)
            let sets: EvaluationSets
            let root: Digest
            if let secret = history.closed?.body.secret, opening.terms != nil {
                sets = try data.evaluation(seed: secret.validationSeed)
                root = ValidationSet.root(of: sets.validation, salt: secret.validationSalt)
            } else {
                sets = data.version1Evaluation
                root = ValidationSet.version1Root(of: sets.validation)
            }
            guard root == opening.validationRoot else {
                return means(nil, contradiction: contradiction(root, opening))
            }
            return means(sets)
        } catch {
            return means(nil, .data("no data set: \(error)"))
        }
    }

    /// That the data set gives another validation set than the ledger has.
    private func contradiction(_ root: Digest, _ opening: TaskOpened) -> String {
        let (source, advice) =
            options.dataPath.map {
                ("'\($0)'", "if that is not the task's data set, name the right one; else the root")
            }
            ?? ("the data set that '\(place.prefix)\(place.source.lastPathComponent)' names", "so one of the two")
        return """
            the validation set that \(source) gives has the root \(root), not \(opening.validationRoot) that the task \
            was opened with: \(advice) is false
            """
    }

    /// The data set, split as the task's files say; the ledger's validation root tells whether it is the right one.
    private func loadData(_ task: TaskConfiguration) throws -> DividedDataset {
        let bytes = try place.folder.read(place.source, limit: AuditLimits.smallFileByteCount)
        return try DividedDataset.load(
            text: String(decoding: bytes, as: UTF8.self), seed: task.seed, folder: place.folder.url.path,
            dataPath: options.dataPath)
    }

    /// Audits one round.
    ///
    /// - Returns: how far it could be checked, and what is missing that keeps it from being checked whole. Scores that
    ///   wait for the close are not missing.
    private func audit(
        _ round: LedgerHistory.Round, _ means: Means, initial: SharedParameterSet, _ chain: inout Chain,
        _ faults: inout [AuditFault]
    ) -> (outcome: AuditedRound.Outcome, missing: MissingEvidence?) {
        let number = round.opened.round
        checkCohort(round, means.task, &faults)
        guard let sealed = round.sealed else {
            return (.digestOnly(kind == .run ? "it was not sealed: the run was stopped" : "it is not sealed yet"), nil)
        }
        guard sealed.body.outcome == .aggregated else {
            return auditUnmoved(round, sealed, means, initial, chain, &faults)
        }
        defer {
            chain.recorded = Array((chain.recorded + [sealed.body.model]).suffix(2))
            chain.serverState = sealed.body.serverState
        }
        do {
            if let missing = try missingUpdates(round, means) { throw missing }
            if let sets = means.sets, let aggregator = try self.aggregator(at: round, means, sets, initial, chain) {
                let result = try compute(round, with: aggregator, means)
                chain.aggregator = aggregator
                chain.model = result.model
                compare(result, round, sealed, means, &faults)
                return (.rederived, nil)
            }
            try deriveModel(round, sealed, means, initial, &chain, &faults)
            guard means.sets == nil else { return (.aggregateOnly(Self.withoutHistory), chain.missing) }
            return (.aggregateOnly(means.withoutData), means.missing == .secret ? nil : means.missing)
        } catch let missing as MissingEvidence {
            chain.missing = chain.missing ?? missing
            chain.aggregator = nil
            return (.digestOnly(missing.reason), missing)
        } catch let fault as FoundFault {
            faults.append(fault.fault)
        } catch {
            faults.append(AuditFault(.entry(sealed.sequence), "round \(number) cannot be computed again: \(error)"))
        }
        chain.aggregator = nil
        return (.digestOnly("it could not be computed again"), nil)
    }
}
