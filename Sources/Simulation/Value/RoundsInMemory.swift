internal import Aggregation
internal import Attestation
package import Federation
package import Ledger
internal import Rewards
package import Tensors
internal import Training

/// Some participants' rounds, worked through in memory: the deployed aggregation and weights, without ledger, files,
/// network or cohorts.
///
/// The same participants in the same rounds give the model of a whole simulation, bit for bit. Not Sendable: one thread
/// drives it.
package final class RoundsInMemory {
    private let task: TaskConfiguration
    private let blob: ParameterBlob
    private let maker: UpdateMaker
    private let aggregator: RoundAggregator
    private let normBoundSquared: UInt128?
    private var bounds = BoundHistory()
    private var state: PublicState?

    /// The current global model.
    package var model: SharedParameterSet { aggregator.model }

    /// - Parameters:
    ///   - federation: task, training examples and evaluation sets.
    ///   - members: everybody who may take part; attacks that see others' updates see theirs.
    ///   - start: the initial model.
    ///   - normBoundSquared: the task's own bound, nil where weights are claimed.
    ///   - scoring: `none` where only the model is wanted.
    ///   - sets: what models are measured on, if not what the federation's are.
    package init(
        _ federation: PreparedFederation, members: [SimulatedParticipant], start: SharedParameterSet,
        normBoundSquared: UInt128?, scoring: RoundAggregator.Scoring,
        sets: EvaluationSets? = nil
    ) throws {
        let sets = sets ?? federation.sets
        task = federation.scenario.task
        blob = ParameterBlob(layout: task.architecture.parameterLayout)
        self.normBoundSquared = normBoundSquared
        maker = try UpdateMaker(
            task: task, examples: federation.train,
            leaked: LeakedSecrets(participants: members, validation: sets.validation))
        aggregator = try RoundAggregator(
            task: task, scoring: scoring, blob: blob, start: RoundAggregator.Start(model: start),
            sets: sets, threads: 1)
    }

    /// What a round gave.
    package struct Outcome: Sendable {
        /// Nil where no update was accepted, or the round was not to be averaged.
        package let result: RoundResult?
        /// Whose updates were refused, such as copies.
        package let refused: [ParticipantNumber]
    }

    /// Works through a round.
    ///
    /// - Parameters:
    ///   - members: who answers, ascending by number.
    ///   - isAveraged: whether the model moves; where not, the updates count for the next bounds alone.
    package func run(
        round: UInt32, members: [SimulatedParticipant], isAveraged: Bool = true
    ) throws -> Outcome {
        let model = aggregator.model
        let bound = normBoundSquared.map { bounds.open(taskBoundSquared: $0).squared }
        let length = bound.map { Double($0).squareRoot() * Double(task.grid.step) }
        let state =
            self.state?.next(round: round, model: model, bound: length)
            ?? PublicState(round: round, model: model, earlierModels: [], bounds: length.map { [$0] } ?? [])
        self.state = state
        var accepted: [AcceptedContribution] = []
        var refused: [ParticipantNumber] = []
        for member in members {
            guard let update = try update(of: member, in: state) else {
                refused.append(member.number)
                continue
            }
            let contribution = contribution(of: member, update, boundSquared: bound)
            guard !accepted.contains(where: { $0.update == contribution.update }) else {
                refused.append(member.number)
                continue
            }
            accepted.append(contribution)
            if isAveraged { try aggregator.fold(update, contribution) }
        }
        bounds.note(accepted.map { UpdateNorm(squared: $0.squaredNorm, units: $0.units) })
        guard isAveraged, !accepted.isEmpty else { return Outcome(result: nil, refused: refused) }
        let result = try aggregator.seal(round: round, accepted: accepted) {
            contribution throws(FederationError) in
            throw FederationError(.unusableUpdate, "update \(contribution.update) did not fit in memory")
        }
        return Outcome(result: result, refused: refused)
    }

    /// What a member sends, checked; nil where its training diverges or what comes of it must be refused.
    private func update(of member: SimulatedParticipant, in state: PublicState) throws -> CheckedUpdate? {
        do {
            let made = try maker.update(of: member, in: state)
            return try CheckedUpdate(
                checking: made.update, weight: 0, layout: blob.layout, grid: task.grid, threads: 1)
        } catch let error as TrainingError where error.code == .diverged {
            return nil
        } catch is AggregationError {
            return nil
        }
    }

    private func contribution(
        of member: SimulatedParticipant, _ update: CheckedUpdate, boundSquared: UInt128?
    ) -> AcceptedContribution {
        let units = UInt32(member.population.units)
        let samples = UInt64(member.claimedSampleCount)
        let weight = EffectiveWeight.value(
            of: UpdateNorm(squared: update.squaredNorm, units: units), boundSquared: boundSquared, samples: samples)
        return AcceptedContribution(
            ticket: UInt64(member.number), participant: member.number, weight: weight, units: units,
            squaredNorm: update.squaredNorm, sampleCount: samples,
            update: blob.digest(of: update.parameters.parameters, threads: 1))
    }
}
