package import Federation
package import Tensors
package import Training

/// Makes the updates of simulated participants, honest or not: one worker's trainer and scratch memory.
package final class UpdateMaker {
    /// An update and what its sender says of it.
    package struct Made {
        package let update: SharedParameterSet
        package let stepCount: Int
        package let saturatedCount: Int
    }

    private let tools: AttackTools

    /// A maker for one worker.
    ///
    /// - Parameter leaked: what oracle attacks need; without it they are refused.
    package init(
        task: TaskConfiguration, examples: LabelledExamples, leaked: LeakedSecrets? = nil
    ) throws(TrainingError) {
        tools = try AttackTools(task: task, examples: examples, leaked: leaked)
    }

    /// The update that a participant sends in a round.
    package func update(of participant: SimulatedParticipant, in state: PublicState) throws -> Made {
        try participant.population.strategy.update(for: participant, in: state, with: tools)
    }
}
