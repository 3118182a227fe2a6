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
    /// Whether the task ran on a coordinator, among participants that came and went.
    let isCoordinator: Bool
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
        let withoutData: String
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
        for round in history.rounds {
            guard faults.count < AuditLimits.faultCount else { return report }
            progress("\(means.task.name), round \(round.opened.round) of \(history.rounds.count)")
            let outcome = audit(round, means, initial: initial, &chain, &faults)
            report.rounds.append(
                AuditedRound(
                    round: round.opened.round, outcome: outcome, contributions: round.accepted.count))
        }
        checkClose(means, &faults)
        checkFinalModel(means, chain, &faults)
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
        let blobs = try BlobStore(place.folder, rule: .all, diskBudgetBytes: .max)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let version1: RoundAggregator.Scoring = opening.reward?.score.isPath ?? false ? .version1 : .none
        let scoring = opening.terms.map { RoundAggregator.Scoring($0) } ?? version1
        func means(_ sets: EvaluationSets?, without reason: String) -> Means {
            Means(
                task: task, blob: blob, blobs: blobs, scoring: scoring, sets: sets, withoutData: reason,
                terms: opening.terms)
        }
        do {
            let data = try loadData(task)
            let sets: EvaluationSets
            let root: Digest
            if opening.terms == nil {
                sets = data.version1Evaluation
                root = ValidationSet.version1Root(of: sets.validation)
            } else {
                guard let secret = history.closed?.body.secret else {
                    return means(nil, without: "the validation set is revealed when the task is closed")
                }
                sets = try data.evaluation(seed: secret.validationSeed)
                root = ValidationSet.root(of: sets.validation, salt: secret.validationSalt)
            }
            guard root == opening.validationRoot else {
                return means(nil, without: "the data set is not the one that the task was opened with")
            }
            return means(sets, without: "")
        } catch {
            return means(nil, without: "no data set: \(error)")
        }
    }

    /// The data set, split as the task's files say; the ledger's validation root tells whether it is the right one.
    private func loadData(_ task: TaskConfiguration) throws -> DividedDataset {
        let bytes = try place.folder.read(place.source, limit: AuditLimits.smallFileByteCount)
        return try DividedDataset.load(
            text: String(decoding: bytes, as: UTF8.self), seed: task.seed, folder: place.folder.url.path,
            dataPath: options.dataPath)
    }

    private func audit(
        _ round: LedgerHistory.Round, _ means: Means, initial: SharedParameterSet, _ chain: inout Chain,
        _ faults: inout [AuditFault]
    ) -> AuditedRound.Outcome {
        let number = round.opened.round
        checkCohort(round, means.task, &faults)
        guard let sealed = round.sealed else {
            return .digestOnly(isCoordinator ? "it is not sealed yet" : "it was not sealed: the run was stopped")
        }
        guard sealed.body.outcome == .aggregated else {
            return auditUnmoved(round, sealed, means, initial, chain, &faults)
        }
        defer {
            chain.recorded = Array((chain.recorded + [sealed.body.model]).suffix(2))
            chain.serverState = sealed.body.serverState
        }
        guard isKept(round, means) else { return .digestOnly("its updates were not kept") }
        do {
            guard let sets = means.sets else {
                return try averageAlone(
                    round, sealed, means, initial, chain, because: means.withoutData, &faults)
            }
            guard let aggregator = try self.aggregator(at: round, means, sets, initial, chain) else {
                return try averageAlone(
                    round, sealed, means, initial, chain, because: Self.withoutHistory, &faults)
            }
            let result = try compute(round, with: aggregator, means)
            chain.aggregator = aggregator
            chain.model = result.model
            compare(result, round, sealed, means, &faults)
            return .rederived
        } catch let fault as FoundFault {
            faults.append(fault.fault)
        } catch {
            faults.append(AuditFault(.entry(sealed.sequence), "round \(number) cannot be computed again: \(error)"))
        }
        chain.aggregator = nil
        return .digestOnly("it could not be computed again")
    }
}
