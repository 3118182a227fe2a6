internal import Attestation
internal import Federation
internal import Foundation
internal import Ledger
package import Runs
package import Simulation
internal import Tensors
internal import Training

/// What a finished run paid, beside the exact Shapley values of two games.
///
/// In the game of the rounds a coalition is worth, in each round, the fall of the validation loss if the others'
/// updates had been zero, with the weights and the denominator of the round. In the game of retraining it is worth the
/// fall that it reaches alone over all rounds. The two differ where one participant alone would learn nearly as much as
/// all.
package struct RunValuation: Sendable {
    /// A game's values and how the pay agrees with them.
    package struct Game: Equatable, Sendable {
        /// Each participant's Shapley value, in nat.
        package let shapley: [Double]
        /// What each adds to all others, in nat.
        package let leaveOneOut: [Double]
        /// What all are worth together, in nat.
        package let total: Double
        package let agreement: ValueComparison
        package let leaveOneOutAgreement: ValueComparison

        init(_ game: ShapleyGame, paid: [Double]) {
            shapley = game.shapleyValues
            leaveOneOut = game.leaveOneOut
            total = game.total
            agreement = ValueComparison(paid: paid, values: shapley)
            leaveOneOutAgreement = ValueComparison(paid: paid, values: leaveOneOut)
        }
    }

    /// One participant and its pay.
    package struct Participant: Equatable, Sendable {
        package let label: String
        package let units: UInt32
        /// Units of 10^-6 token.
        package let paid: UInt64
        /// Part of all that was paid.
        package let paidShare: Double
    }

    package let run: String
    /// In order of number.
    package let participants: [Participant]
    package let rounds: Game
    /// Nil where it was not asked for.
    package let retraining: Game?
}

/// Reads a run folder again and plays its games.
package struct RunValuer {
    private let folder: AuditedFolder
    private let options: Auditor.Options
    private let progress: (String) -> Void

    /// - Parameter progress: called with a line for people whenever a stage begins.
    package init(folder: RunFolder, options: Auditor.Options, progress: @escaping (String) -> Void = { _ in }) {
        self.folder = AuditedFolder(folder)
        self.options = options
        self.progress = progress
    }

    /// Values the run.
    ///
    /// - Parameter isExact: whether every coalition is trained again as well.
    /// - Throws: `AuditError` where the run cannot be valued, with what to do instead.
    package func value(isExact: Bool) throws -> RunValuation {
        let history = try history()
        let task = try finishedTask(history)
        let count = history.labels.count
        let audit = TaskAudit(
            place: folder.place(of: task.opening.task), kind: folder.kind, history: task,
            numbers: history.numbers, options: options, progress: progress)
        let means = try audit.prepare(task.opening)
        guard let sets = means.sets else {
            throw AuditError(.dataMissing, means.withoutData, hint: "name it with --data")
        }
        let paid = payments(history, task)
        let total = paid.reduce(0) { $0 + Double($1) }
        guard total > 0 else {
            throw AuditError(
                .nothingPaid, "the run paid nobody, so there are no shares to compare",
                hint: "take a run whose task pays a pool and whose validation loss fell")
        }
        let shares = paid.map { Double($0) / total }
        let rounds = try RoundGame(audit: audit, means: means, sets: sets, playerCount: count)
            .game(threads: options.threads, progress: progress)
        let retraining = isExact ? try retrained(task, means, sets) : nil
        let units = task.rounds.last?.units ?? [:]
        return RunValuation(
            run: folder.root.name,
            participants: (0..<count).map { number in
                RunValuation.Participant(
                    label: history.labels[number], units: units[ParticipantNumber(number)] ?? 4, paid: paid[number],
                    paidShare: shares[number])
            },
            rounds: RunValuation.Game(rounds, paid: shares),
            retraining: retraining.map { RunValuation.Game($0, paid: shares) })
    }

    private func history() throws -> LedgerHistory {
        guard !folder.isCoordinator else {
            throw AuditError(
                .notBuiltIn,
                "'\(folder.root.name)' is a coordinator's folder, and its participants' data are elsewhere",
                hint: "name a run of `tributary simulate`")
        }
        progress("replaying the ledger")
        let ledger: RunLedger
        do {
            ledger = try RunLedger(folder.root)
        } catch {
            throw AuditError(.noLedger, error.message, hint: "name a run; `tributary runs list` shows them")
        }
        var history = LedgerHistory()
        var tree = MerkleTree()
        let replayed = Replay.run(store: ledger.store, verifySignatures: false, threads: options.threads) { entry in
            history.take(entry.entry) { tree.root }
            tree.append(leafHash: entry.leafHash)
        }
        if let fault = replayed.fault {
            throw AuditError(
                .unsoundLedger, fault.error.message, hint: "`tributary audit` says what is wrong with the run")
        }
        return history
    }

    private func finishedTask(_ history: LedgerHistory) throws(AuditError) -> LedgerHistory.Task {
        guard history.labels.count <= ShapleyGame.playerLimit else {
            throw AuditError(
                .tooManyParticipants,
                "\(history.labels.count) participants; exact values need \(ShapleyGame.playerLimit) or fewer",
                hint: "run the scenario with fewer; the coalitions double with each")
        }
        guard let task = history.tasks.first, task.isClosed else {
            throw AuditError(
                .notClosed, "the run was stopped before its task was closed, so nothing is paid or revealed",
                hint: "run it to its end")
        }
        guard task.opening.terms != nil else {
            throw AuditError(
                .notBuiltIn, "the run is one of ledger rules version 1, whose weights and pay were others",
                hint: "run its scenario again")
        }
        return task
    }

    private func payments(_ history: LedgerHistory, _ task: LedgerHistory.Task) -> [UInt64] {
        var paid = [UInt64](repeating: 0, count: history.labels.count)
        for (key, number) in history.numbers { paid[Int(number)] = task.rewards[.participant(key)] ?? 0 }
        return paid
    }

    /// Plays the game of retraining. Training everybody again must give the run's own model, or the run was not one of
    /// the built-in trainer on these data.
    private func retrained(
        _ task: LedgerHistory.Task, _ means: TaskAudit.Means, _ sets: EvaluationSets
    ) throws -> ShapleyGame {
        progress("training every coalition")
        guard let closed = task.closed?.body, let secret = closed.secret, let first = task.rounds.first else {
            throw AuditError(.notClosed, "the run has no round")
        }
        let place = folder.place(of: task.opening.task)
        let text = String(
            decoding: try place.folder.read(place.folder.scenario, limit: AuditLimits.smallFileByteCount), as: UTF8.self
        )
        let simulated = try PreparedFederation.load(
            text: text, folder: place.folder.url.path, dataPath: options.dataPath)
        let federation = try PreparedFederation(simulated, secrets: SimulatedSecrets(task: secret, startSeed: nil))
        guard Set(federation.participants.map(\.key.publicKey)) == Set(task.signers(among: federation)) else {
            throw AuditError(.notBuiltIn, "others took part in the run than its scenario names")
        }
        let start = try keptModel(first.opened.baseModel, means)
        let attendance = task.rounds.map { round in
            CoalitionTraining.Attendance(
                round: round.opened.round,
                participants: Set(
                    round.accepted.compactMap { entry in
                        federation.participants.first { $0.key.publicKey == entry.entry.statement.participantKey }?
                            .number
                    }),
                isAveraged: round.sealed?.body.outcome == .aggregated)
        }
        let training = CoalitionTraining(
            federation, attendance: attendance, start: start, normBoundSquared: task.opening.terms?.normBoundSquared)
        let everybody = try training.model(of: (1 << federation.participants.count) - 1)
        guard means.blob.digest(of: everybody.parameters, threads: options.threads) == closed.model else {
            throw AuditError(
                .notBuiltIn, "training everybody again does not give the run's model, so coalitions would mean nothing",
                hint: "`--exact` needs a run of the built-in trainer by this version, with its data set as it was")
        }
        return try training.game(threads: options.threads)
    }

    private func keptModel(_ digest: Digest, _ means: TaskAudit.Means) throws -> SharedParameterSet {
        do {
            let file = try means.blobs.openModel(digest)
            return SharedParameterSet(try file.withUnsafeBytes { try means.blob.parameters(from: $0) })
        } catch {
            throw AuditError.notKept("model \(digest) of the run: \(error)")
        }
    }
}

extension LedgerHistory.Task {
    /// The keys of a federation, and those of others that have sent something.
    fileprivate func signers(among federation: PreparedFederation) -> [PublicKey] {
        federation.participants.map(\.key.publicKey)
            + rounds.flatMap { $0.accepted.map(\.entry.statement.participantKey) }
    }
}

extension AuditError {
    /// Something that the games need was let go.
    static func notKept(_ what: String) -> AuditError {
        AuditError(
            .updatesNotKept, "not everything that the run computed was kept: \(what)",
            hint: "run the scenario with `updates: { retain: all }` and a larger disk_budget_mb")
    }
}
