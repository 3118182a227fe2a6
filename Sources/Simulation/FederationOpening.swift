import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Tensors
import Training

/// Opens a simulated federation's ledger: genesis, participants, the task, and a sponsor's escrow where one pays.
enum FederationOpening {
    /// What a run starts with.
    struct Parts {
        let journal: Journal
        let aggregator: RoundAggregator
        let engine: RoundEngine
        let taskID: Digest
        let blob: ParameterBlob
    }

    static func open(
        _ federation: PreparedFederation, folder: RunFolder, timeMs: UInt64, threads: Int
    ) throws -> Parts {
        let scenario = federation.scenario
        let task = scenario.task
        let configuration = Array(task.text.utf8)
        let taskID = SHA256.hash(configuration)
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let model = SharedParameterSet(task.architecture.initialParameters(seed: task.seed))
        let modelDigest = blob.digest(of: model.parameters, threads: threads)
        let signer = try federation.coordinatorSigner()
        let grants = task.reward.sponsor.map { [Genesis.Grant(account: $0, amount: scenario.escrow)] } ?? []
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create), signer: signer,
            genesis: Genesis(
                origin: federation.origin, coordinatorKey: try federation.coordinatorKey().publicKey, asset: "TRIB",
                cap: scenario.cap, rulesVersion: LedgerRules.version, grants: grants),
            timeMs: timeMs)
        try journal.appendDue(timeMs: timeMs)
        try journal.append(
            federation.participants.map {
                .participantRegistered(ParticipantRegistered(publicKey: $0.key.publicKey, label: $0.label))
            }, timeMs: timeMs)
        try journal.append(
            [
                .taskOpened(
                    TaskOpened(
                        task: taskID, configuration: configuration, initialModel: modelDigest,
                        parameterCount: UInt64(blob.layout.count), gridFractionBits: UInt32(task.grid.fractionBits),
                        validationRoot: ValidationSet.root(of: federation.validation), reward: task.reward,
                        quorum: UInt32(task.cohort.quorum)))
            ], timeMs: timeMs)
        if let sponsor = task.reward.sponsor, scenario.escrow > 0 {
            let deposit = Transfer(
                kind: .deposit, debit: sponsor, credit: .escrow(taskID), amount: scenario.escrow, task: taskID,
                period: 0)
            try journal.append([.transfer(deposit)], timeMs: timeMs)
        }
        let aggregator = try RoundAggregator(
            task: task, blob: blob, start: RoundAggregator.Start(model: model), validation: federation.validation,
            test: federation.test, threads: threads)
        let engine = RoundEngine(
            plan: RoundEngine.Plan(task: taskID, configuration: task), model: modelDigest,
            participants: journal.state.numbers)
        return Parts(journal: journal, aggregator: aggregator, engine: engine, taskID: taskID, blob: blob)
    }
}
