import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Tensors
import Training

/// Opens a simulated federation's ledger: genesis, participants, the task and its funding.
enum FederationOpening {
    /// What a run starts with.
    struct Parts {
        let journal: Journal
        let aggregator: RoundAggregator
        let engine: RoundEngine
        let taskID: Digest
        let terms: TaskTerms
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
        let signer = try federation.coordinatorSigner()
        let grants = task.reward.sponsor.map { [Genesis.Grant(account: $0, amount: task.reward.pool)] } ?? []
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create), signer: signer,
            genesis: Genesis(
                origin: federation.origin, coordinatorKey: try federation.coordinatorKey().publicKey, asset: "TRIB",
                cap: scenario.cap, rulesVersion: LedgerRules.version, grants: grants),
            timeMs: timeMs)
        try journal.appendDue(timeMs: timeMs)
        try journal.append(
            federation.participants.map {
                .participantRegistered(
                    ParticipantRegistered(
                        publicKey: $0.key.publicKey, label: $0.label, units: UInt32($0.population.units)))
            }, timeMs: timeMs)
        let secret = federation.secrets.task
        let bound = try NormRehearsal.boundSquared(task, examples: federation.sets.validation)
        let terms = task.terms(normBoundSquared: bound, openedAtMs: timeMs, secret: secret)
        try journal.append(
            [
                .taskOpened(
                    TaskOpened(
                        task: taskID, configuration: configuration, initialModel: nil,
                        parameterCount: UInt64(blob.layout.count), gridFractionBits: UInt32(task.grid.fractionBits),
                        validationRoot: ValidationSet.root(
                            of: federation.sets.validation, salt: secret.validationSalt),
                        reward: nil, terms: terms, quorum: UInt32(task.cohort.quorum)))
            ], timeMs: timeMs)
        try journal.appendDue(timeMs: timeMs)
        let seed = federation.secrets.startSeed ?? TaskStart.seed(root: journal.root, task: taskID)
        let model = SharedParameterSet(task.initialModel(start: seed))
        let aggregator = try RoundAggregator(
            task: task, scoring: RoundAggregator.Scoring(terms), blob: blob,
            start: RoundAggregator.Start(model: model), sets: federation.sets, threads: threads)
        var engine = RoundEngine(
            plan: RoundEngine.Plan(task: taskID, configuration: task, terms: terms),
            model: blob.digest(of: model.parameters, threads: threads), participants: journal.state.numbers)
        if let state = journal.state.tasks[taskID] { engine.units = state.unitsByParticipant(journal.state) }
        return Parts(
            journal: journal, aggregator: aggregator, engine: engine, taskID: taskID, terms: terms, blob: blob)
    }
}
