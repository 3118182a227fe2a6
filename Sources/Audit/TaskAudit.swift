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
        /// Nil where the data set is not at hand: averages can be checked then, metrics and path scores cannot.
        let data: DividedDataset?
        let withoutData: String
    }

    /// The state of the chain of models between rounds.
    struct Chain {
        var aggregator: RoundAggregator?
        /// Digest of the aggregator's model.
        var model: Digest?
        /// Digests of the current model and the one before it, as recorded.
        var recorded: [Digest]
        var serverState: Digest?
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
        checkOpening(opening, means.task, &faults)
        let initial = SharedParameterSet(means.task.architecture.initialParameters(seed: means.task.seed))
        guard means.blob.digest(of: initial.parameters, threads: options.threads) == opening.initialModel else {
            faults.append(
                AuditFault(
                    .entry(history.openedAt), "the initial model is not the one that the task's seed gives"))
            return report
        }
        var chain = Chain(recorded: [opening.initialModel])
        for round in history.rounds {
            guard faults.count < AuditLimits.faultCount else { return report }
            progress("\(means.task.name), round \(round.opened.round) of \(history.rounds.count)")
            let outcome = audit(round, means, initial: initial, &chain, &faults)
            report.rounds.append(
                AuditedRound(
                    round: round.opened.round, outcome: outcome, contributions: round.accepted.count))
        }
        checkFinalModel(means, chain, &faults)
        return report
    }

    private func prepare(_ opening: TaskOpened) throws -> Means {
        let task = try TaskConfiguration(text: String(decoding: opening.configuration, as: UTF8.self))
        let blobs = try BlobStore(place.folder, rule: .all, diskBudgetBytes: .max)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        func means(_ data: DividedDataset?, without reason: String) -> Means {
            Means(task: task, blob: blob, blobs: blobs, data: data, withoutData: reason)
        }
        do {
            let data = try loadData(task)
            guard ValidationSet.root(of: data.validation) == opening.validationRoot else {
                return means(nil, without: "the data set is not the one that the task was opened with")
            }
            return means(data, without: "")
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
        guard sealed.body.outcome == .aggregated else { return .noQuorum }
        defer {
            chain.recorded = Array((chain.recorded + [sealed.body.model]).suffix(2))
            chain.serverState = sealed.body.serverState
        }
        guard isKept(round, means) else { return .digestOnly("its updates were not kept") }
        do {
            guard let data = means.data else { return try averageAlone(round, sealed, means, initial, chain, &faults) }
            let aggregator = try self.aggregator(at: round, means, data, initial, chain)
            let result = try compute(round, with: aggregator, means)
            chain.aggregator = aggregator
            chain.model = result.model
            compare(result, round, sealed, &faults)
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
