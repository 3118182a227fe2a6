internal import Federation
internal import Tensors
internal import Training

/// Says when messages arrive, who never answers, and what arrives twice: a function of the scenario's seeds.
package struct SimulatedNetwork: Sendable {
    /// What becomes of one invitation.
    package struct Fate: Equatable, Sendable {
        /// Milliseconds from the invitation to the contribution's arrival; nil if none comes.
        package let arrivalMs: UInt64?
        /// Milliseconds from the invitation to the arrival of a second copy, if there is one.
        package let repeatMs: UInt64?
    }

    package let scenario: Scenario
    /// Bytes of a model or an update on the wire.
    package let blobByteCount: Int
    /// Training speed of the standard box: float operations a millisecond.
    private static let operationsPerMs = 5e6

    /// The network of a scenario whose blobs have so many bytes.
    package init(scenario: Scenario, blobByteCount: Int) {
        self.scenario = scenario
        self.blobByteCount = blobByteCount
    }

    /// What becomes of a participant's invitation to a round.
    ///
    /// Whether an answer comes at all, or only after the deadline, is drawn from the task's seed; when it comes also
    /// from the network's. Shuffling arrivals by another network seed therefore changes nobody's part in the round.
    package func fate(of participant: SimulatedParticipant, round: UInt32) -> Fate {
        var behaviour = SeededGenerator(
            seed: scenario.task.seed, stream: "behaviour", Int(participant.number), Int(round))
        let dropsOut = behaviour.nextUnit() < participant.population.dropOut
        let isLate = behaviour.nextUnit() < participant.population.late
        guard !dropsOut, participant.population.answers(inRound: round) else {
            return Fate(arrivalMs: nil, repeatMs: nil)
        }
        var travel = SeededGenerator(
            seed: scenario.task.seed ^ (scenario.network.seed &* 0x9E37_79B9_7F4A_7C15), stream: "travel",
            Int(participant.number), Int(round))
        let network = scenario.network
        let transferMs = Double(2 * blobByteCount * 8) / (network.bandwidthMbps * 1_000)
        let operations =
            6 * Double(scenario.task.architecture.parameterLayout.count) * Double(participant.claimedSampleCount)
            * Double(scenario.task.training.epochs)
        let trainingMs = operations / Self.operationsPerMs / participant.population.speed
        let jitterMs = (travel.nextUnit() + travel.nextUnit()) * network.jitterMs
        var totalMs = 2 * network.latencyMs + jitterMs + transferMs + trainingMs
        if isLate { totalMs += Double(scenario.task.cohort.deadlineSeconds) * 1_000 }
        let arrival = UInt64(totalMs.rounded(.up))
        let isRepeated = travel.nextUnit() < network.duplicate
        return Fate(
            arrivalMs: arrival, repeatMs: isRepeated ? arrival + UInt64(network.latencyMs.rounded(.up)) + 1 : nil)
    }
}
