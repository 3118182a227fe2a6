package import Attestation
package import Ledger
package import Rewards
internal import Tensors
internal import Training

/// Runs one task's rounds: invitations, deadlines, quorum, over-selection, stragglers, repeated and late messages.
///
/// A pure state machine (decision 0012): events and the time come in, effects go out; no clock, no I/O, no random
/// numbers that are not drawn from the task's seed. The simulator and the server drive the same engine.
package struct RoundEngine: Sendable {
    /// What the engine needs to know of the task.
    package struct Plan: Sendable {
        /// SHA-256 of the task file: also the configuration digest that contributions name.
        package let task: Digest
        package let seed: UInt64
        package let roundCount: UInt32
        /// Test accuracy in parts per million at which the task ends early.
        package let stopAccuracyPpm: UInt32?
        package let cohort: TaskConfiguration.CohortRule
        package let parameterCount: UInt64
        /// The task's terms as the ledger has them: trust, weights, bound, disclosure.
        package let terms: TaskTerms
        /// Fewest participants that must be available for a round to be opened.
        package let fewestAvailable: Int

        /// - Parameter fewestAvailable: 1 where everybody always is, such as in a simulation; a server waits for the
        ///   quorum.
        package init(
            task: Digest, configuration: TaskConfiguration, terms: TaskTerms, fewestAvailable: Int = 1
        ) {
            self.terms = terms
            self.fewestAvailable = fewestAvailable
            self.task = task
            seed = configuration.seed
            roundCount = UInt32(configuration.roundCount)
            stopAccuracyPpm = configuration.stopAccuracy.map { UInt32(($0 * 1_000_000).rounded()) }
            cohort = configuration.cohort
            parameterCount = UInt64(configuration.architecture.parameterLayout.count)
        }

        /// Participants to invite of those available. Under trust `open` that is everybody, up to the most that a round
        /// can have: being invited to the first rounds is what gets paid.
        func invitationCount(available: Int) -> Int {
            terms.trust == .open ? min(available, FederationLimits.participantCount) : cohort.invitationCount
        }

        /// Contributions after which an open round is full.
        func fullCount(cohortCount: Int) -> Int {
            terms.trust == .open ? cohortCount : cohort.size
        }
    }

    /// Where the task stands.
    enum Phase {
        /// No round is open: before the first, or between two after a restart.
        case idle
        /// A round takes contributions.
        case collecting(OpenRound)
        /// Enough came in; the driver averages and scores.
        case aggregating(OpenRound)
        /// All rounds are over.
        case finished
    }

    package let plan: Plan
    var phase = Phase.idle
    /// The last round that was opened; 0 before the first.
    package private(set) var round: UInt32
    /// Digest of the current global model.
    package private(set) var model: Digest
    /// When the entries that the last `handle` recorded happened, in milliseconds since the Unix epoch.
    ///
    /// The driver's time, but while a round takes contributions never past its deadline: what came in time counts
    /// however long its check took, and the ledger's rules judge by the time in the entry.
    package internal(set) var entryTimeMs: UInt64 = 0
    var participants: [PublicKey: ParticipantNumber]
    /// Registered, but not to be invited now: not heard of, banned, left out for a while.
    package var unavailable: Set<ParticipantNumber> = []
    /// Participants that will not contribute, though they may be invited to the open round: they left, were banned, or
    /// declined the task. A round with a quorum does not wait for them; without one it does, since they may come back.
    package var absent: Set<ParticipantNumber> = []
    /// Digest of each participant's last accepted statement.
    var lastStatements: [ParticipantNumber: Digest]
    /// Digest of the server optimiser's momentum, if it has any.
    private var serverState: Digest?
    /// Test accuracy after the last sealed round, in parts per million; 0 before the first.
    private var accuracyPpm: UInt32
    /// Refusals written to the ledger in this round, by claimed key (nil: unreadable).
    var recordedRefusals: [PublicKey?: Int] = [:]
    /// Units that admission gave each participant; who is not here has the ordinary number. In force from the next
    /// round opened.
    package var units: [ParticipantNumber: UInt32] = [:]
    /// Norms of the last rounds, from which the next bound follows.
    var boundHistory: BoundHistory
    /// Rounds in a row that diverged.
    var divergedCount: UInt32 = 0
    /// Why the task is to end, once the round that is being averaged is over.
    var closing: TaskClosed.Reason?

    /// An engine at the state that a ledger's replay gives.
    ///
    /// - Parameters:
    ///   - round: the last round sealed; 0 for none.
    ///   - model: the current model's digest.
    ///   - participants: keys and numbers, from the ledger.
    ///   - lastStatements: digests of the last accepted statements, from the ledger.
    ///   - serverState: digest of the server optimiser's momentum, from the ledger.
    ///   - accuracyPpm: test accuracy after the last sealed round, from the ledger.
    ///   - boundHistory: norms of the last rounds, from the ledger.
    ///   - divergedCount: rounds in a row that diverged, from the ledger.
    package init(
        plan: Plan,
        round: UInt32 = 0,
        model: Digest = .zero,
        participants: [PublicKey: ParticipantNumber],
        lastStatements: [ParticipantNumber: Digest] = [:],
        serverState: Digest? = nil,
        accuracyPpm: UInt32 = 0,
        boundHistory: BoundHistory = BoundHistory(),
        divergedCount: UInt32 = 0
    ) {
        self.accuracyPpm = accuracyPpm
        self.boundHistory = boundHistory
        self.divergedCount = divergedCount
        self.plan = plan
        self.round = round
        self.model = model
        self.participants = participants
        self.lastStatements = lastStatements
        self.serverState = serverState
    }

    /// Takes a participant that registered after the engine began.
    package mutating func admit(_ key: PublicKey, as number: ParticipantNumber) {
        participants[key] = number
    }

    /// Takes a participant's last accepted statement from another task of the same ledger: statements form one chain.
    package mutating func noteStatement(_ digest: Digest, of participant: ParticipantNumber) {
        lastStatements[participant] = digest
    }

    /// Sets the model that the first round trains from; it follows from the ledger's root, so it is known only once
    /// the task is open and its participants are registered.
    package mutating func begin(from model: Digest) {
        if round == 0 { self.model = model }
    }

    /// Takes the number of a round that was opened before a restart.
    mutating func takeUp(round: UInt32) { self.round = round }

    /// Whether all rounds are over.
    package var isFinished: Bool {
        if case .finished = phase { true } else { false }
    }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - nowMs: the driver's time, in milliseconds since the Unix epoch; never less than before.
    package mutating func handle(_ event: RoundEvent, atMs nowMs: UInt64) -> [RoundEffect] {
        entryTimeMs = if case .collecting(let open) = phase { min(nowMs, open.deadlineMs) } else { nowMs }
        switch event {
        case .start:
            guard case .idle = phase else { return [] }
            return openNextRound(nowMs)
        case .received(let statement, let signature, let ticket):
            return receive(statement: statement, signature: signature, ticket: ticket, nowMs)
        case .checked(let ticket, let verdict):
            return settle(ticket: ticket, verdict: verdict, nowMs)
        case .withdrawn(let ticket):
            return withdraw(ticket: ticket, nowMs)
        case .deadlinePassed(let passed):
            guard case .collecting(var open) = phase, open.number == passed else { return [] }
            open.isClosing = true
            phase = .collecting(open)
            return open.pending.isEmpty ? closeRound(open, nowMs) : []
        case .absenceChanged:
            guard case .collecting(let open) = phase, hasAllItCanGet(open) else { return [] }
            return closeRound(open, nowMs)
        case .aggregated(let result):
            guard case .aggregating(let open) = phase, open.number == result.round else { return [] }
            return seal(open, result, nowMs)
        case .close(let reason, let computationFailed):
            if computationFailed, case .aggregating(let open) = phase { phase = .collecting(open) }
            return close(reason)
        }
    }

    /// Ends the task: an open round is given up, one that is being averaged is finished first.
    private mutating func close(_ reason: TaskClosed.Reason) -> [RoundEffect] {
        switch phase {
        case .finished: return []
        case .aggregating:
            closing = reason
            return []
        case .idle: return finish(reason)
        case .collecting(let open):
            var effects: [RoundEffect] = []
            for (ticket, check) in open.pending.sorted(by: { $0.key < $1.key }) {
                effects += refuse(ticket, check, .staleRound, "the task was closed while the round was open")
            }
            return effects
                + [.abandon(round: open.number), .record(.roundSealed(emptySeal(of: open, .abandoned))), .recordDue]
                + finish(reason)
        }
    }

    private mutating func finish(_ reason: TaskClosed.Reason) -> [RoundEffect] {
        phase = .finished
        return [.finish(rounds: round, model: model, reason: reason)]
    }

    /// Opens the next round, or finishes the task after the last. With too few participants available it does neither
    /// and waits for the next `start`.
    mutating func openNextRound(_ nowMs: UInt64) -> [RoundEffect] {
        let isAccurate = plan.stopAccuracyPpm.map { accuracyPpm >= $0 && round > 0 } ?? false
        if let closing { return finish(closing) }
        guard divergedCount < LedgerLimits.divergedRounds else { return finish(.diverged) }
        guard round < plan.roundCount, !isAccurate else { return finish(.completed) }
        guard nowMs <= plan.terms.closeByMs else { return finish(.closeBy) }
        let available = participants.count - unavailable.count
        guard available >= max(1, plan.fewestAvailable) else { return [] }
        round += 1
        recordedRefusals.removeAll(keepingCapacity: true)
        let places = CohortSelection.cohort(
            size: plan.invitationCount(available: available),
            population: available,
            seed: plan.seed,
            round: round
        )
        let cohort = unavailable.isEmpty ? places : availableParticipants(at: places)
        let deadline = nowMs + UInt64(plan.cohort.deadlineSeconds) * 1_000
        let bound = plan.terms.normBoundSquared.map { boundHistory.open(taskBoundSquared: $0).squared }
        phase = .collecting(
            OpenRound(
                number: round, cohort: Set(cohort), baseModel: model, deadlineMs: deadline, boundSquared: bound,
                units: unitsInForce(of: cohort)))
        return [
            .record(
                .roundOpened(
                    RoundOpened(
                        task: plan.task,
                        round: round,
                        baseModel: model,
                        deadlineMs: deadline,
                        cohort: cohort,
                        boundSquared: bound
                    )
                )
            ),
            .invite(Invitation(round: round, cohort: cohort, baseModel: model, deadlineMs: deadline)),
            .setTimer(round: round, atMs: deadline),
        ]
    }

    /// The units that each of them has, where it is not the ordinary number.
    private func unitsInForce(of cohort: [ParticipantNumber]) -> [ParticipantNumber: UInt32] {
        guard !units.isEmpty else { return [:] }
        var known: [ParticipantNumber: UInt32] = [:]
        for participant in cohort { known[participant] = units[participant] }
        return known
    }

    /// The participants at these places among the available ones, both ascending.
    private func availableParticipants(at places: [ParticipantNumber]) -> [ParticipantNumber] {
        let available = participants.values.filter { !unavailable.contains($0) }.sorted()
        return places.map { available[Int($0)] }
    }

    /// Ends collecting: averages with a quorum, gives the round up without.
    mutating func closeRound(_ open: OpenRound, _ nowMs: UInt64) -> [RoundEffect] {
        let accepted = open.accepted.values.sorted { $0.participant < $1.participant }
        guard accepted.count >= plan.cohort.quorum else {
            let sealed = emptySeal(of: open, .noQuorum)
            boundHistory.note(open.norms)
            divergedCount = 0
            phase = .idle
            return [.abandon(round: open.number), .record(.roundSealed(sealed)), .recordDue] + openNextRound(nowMs)
        }
        phase = .aggregating(open)
        return [.aggregate(round: open.number, accepted: accepted)]
    }

    /// The seal of a round that leaves the model as it was.
    private func emptySeal(of open: OpenRound, _ outcome: RoundSealed.Outcome) -> RoundSealed {
        RoundSealed(
            task: plan.task,
            round: open.number,
            outcome: outcome,
            accepted: UInt32(open.accepted.count),
            totalWeight: open.acceptedWeight,
            aggregate: nil,
            model: model,
            serverState: serverState,
            metrics: nil,
            scoreCommitment: nil
        )
    }

    /// Writes down what a round gave, and goes on.
    private mutating func seal(_ open: OpenRound, _ result: RoundResult, _ nowMs: UInt64) -> [RoundEffect] {
        boundHistory.note(open.norms)
        guard let metrics = result.metrics else {
            divergedCount += 1
            phase = .idle
            return [.record(.roundSealed(emptySeal(of: open, .diverged))), .recordDue] + openNextRound(nowMs)
        }
        divergedCount = 0
        let sealed = RoundSealed(
            task: plan.task,
            round: open.number,
            outcome: .aggregated,
            accepted: UInt32(open.accepted.count),
            totalWeight: open.acceptedWeight,
            aggregate: result.aggregate,
            model: result.model,
            serverState: result.serverState,
            metrics: plan.terms.withholdsScores ? metrics.rounded : metrics,
            scoreCommitment: result.scoreCommitment
        )
        var effects: [RoundEffect] = [.record(.roundSealed(sealed))]
        if plan.terms.score == .value, !plan.terms.withholdsScores {
            effects += result.scoreParts(of: plan.task).map { .record(.scores($0)) }
        }
        effects.append(.recordDue)
        model = result.model
        serverState = result.serverState
        accuracyPpm = metrics.testAccuracyPpm
        phase = .idle
        return effects + openNextRound(nowMs)
    }
}
