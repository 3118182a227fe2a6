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

/// Computes rounds again from the updates that a run folder kept, and compares with what the ledger says.
struct RoundAudit {
    let folder: RunFolder
    let history: RunHistory
    let options: Auditor.Options
    let progress: (String) -> Void

    /// What the rounds are computed with.
    struct Means {
        let task: TaskConfiguration
        let blob: ParameterBlob
        let blobs: BlobStore
        /// Nil where the data set is not at hand: averages can be checked then, scores cannot.
        let federation: PreparedFederation?
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
    mutating func run(into report: inout AuditReport) {
        guard let (sequence, opening) = history.task else { return }
        let means: Means
        do {
            means = try prepare(opening)
        } catch {
            report.faults.append(AuditFault(.entry(sequence), "the task cannot be taken up: \(error)"))
            return
        }
        checkOpening(opening, at: sequence, means.task, into: &report)
        let initial = SharedParameterSet(means.task.architecture.initialParameters(seed: means.task.seed))
        guard means.blob.digest(of: initial.parameters, threads: options.threads) == opening.initialModel else {
            report.faults.append(
                AuditFault(.entry(sequence), "the initial model is not the one that the task's seed gives"))
            return
        }
        var chain = Chain(recorded: [opening.initialModel])
        for round in history.rounds {
            guard report.faults.count < AuditLimits.faultCount else { return }
            progress("round \(round.opened.round) of \(history.rounds.count)")
            audit(round, means, initial: initial, &chain, into: &report)
        }
        checkFinalModel(means, chain, into: &report)
    }

    private func prepare(_ opening: TaskOpened) throws -> Means {
        let task = try TaskConfiguration(text: String(decoding: opening.configuration, as: UTF8.self))
        let blobs = try BlobStore(folder, rule: .all, diskBudgetBytes: .max)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        do {
            let federation = try loadFederation(task)
            guard ValidationSet.root(of: federation.validation) == opening.validationRoot else {
                return Means(
                    task: task, blob: blob, blobs: blobs, federation: nil,
                    withoutData: "the data set is not the one that the task was opened with")
            }
            return Means(task: task, blob: blob, blobs: blobs, federation: federation, withoutData: "")
        } catch {
            return Means(task: task, blob: blob, blobs: blobs, federation: nil, withoutData: "no data set: \(error)")
        }
    }

    /// The data set, split as the scenario says; the ledger's validation root tells whether it is the right one.
    private func loadFederation(_ task: TaskConfiguration) throws -> PreparedFederation {
        let bytes = try folder.read(folder.scenario, limit: AuditLimits.smallFileByteCount)
        let text = String(decoding: bytes, as: UTF8.self)
        return try PreparedFederation.load(text: text, folder: folder.url.path, dataPath: options.dataPath)
    }

    private func audit(
        _ round: RunHistory.Round, _ means: Means, initial: SharedParameterSet, _ chain: inout Chain,
        into report: inout AuditReport
    ) {
        let number = round.opened.round
        func note(_ outcome: AuditedRound.Outcome) {
            report.rounds.append(
                AuditedRound(round: number, outcome: outcome, contributions: round.accepted.count))
        }
        checkCohort(round, means.task, into: &report)
        guard let sealed = round.sealed else { return note(.digestOnly("it was not sealed: the run was stopped")) }
        guard sealed.body.outcome == .aggregated else { return note(.noQuorum) }
        defer {
            chain.recorded = Array((chain.recorded + [sealed.body.model]).suffix(2))
            chain.serverState = sealed.body.serverState
        }
        if let lacking = lacking(round, means) { return note(.digestOnly(lacking)) }
        guard let federation = means.federation else {
            return note(averageAlone(round, sealed, means, into: &report))
        }
        do {
            let aggregator = try self.aggregator(at: round, means, federation, initial, chain)
            let result = try compute(round, with: aggregator, means)
            chain.aggregator = aggregator
            chain.model = result.model
            compare(result, round, sealed, into: &report)
            note(.rederived)
        } catch let fault as FoundFault {
            report.faults.append(fault.fault)
            note(.digestOnly("it could not be computed again"))
            chain.aggregator = nil
        } catch {
            report.faults.append(
                AuditFault(.entry(sealed.sequence), "round \(number) cannot be computed again: \(error)"))
            note(.digestOnly("it could not be computed again"))
            chain.aggregator = nil
        }
    }
}
