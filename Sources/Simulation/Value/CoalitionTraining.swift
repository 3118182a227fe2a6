internal import Federation
package import Ledger
internal import Synchronization
package import Tensors
internal import Training

/// What every coalition of a simulated run's participants would have learned alone: the run's rounds again with these
/// participants only, from the same initial model, each training as it did.
package struct CoalitionTraining: Sendable {
    /// Who took part in a round of the run.
    package struct Attendance: Sendable {
        package let round: UInt32
        package let participants: Set<ParticipantNumber>
        /// Whether the round moved the model.
        package let isAveraged: Bool

        package init(round: UInt32, participants: Set<ParticipantNumber>, isAveraged: Bool) {
            self.round = round
            self.participants = participants
            self.isAveraged = isAveraged
        }
    }

    private let federation: PreparedFederation
    private let attendance: [Attendance]
    private let start: SharedParameterSet
    private let normBoundSquared: UInt128?

    /// - Parameters:
    ///   - attendance: the run's rounds, in order.
    ///   - start: the run's initial model.
    ///   - normBoundSquared: the task's own bound on the length of updates.
    package init(
        _ federation: PreparedFederation, attendance: [Attendance], start: SharedParameterSet,
        normBoundSquared: UInt128?
    ) {
        self.federation = federation
        self.attendance = attendance
        self.start = start
        self.normBoundSquared = normBoundSquared
    }

    /// The model that a coalition ends with. Where a round has none of them, or diverges, the model stays.
    ///
    /// - Parameter coalition: bit i stands for participant i.
    package func model(of coalition: Int) throws -> SharedParameterSet {
        let members = federation.participants.filter { coalition >> Int($0.number) & 1 == 1 }
        let rounds = try RoundsInMemory(
            federation, members: members, start: start, normBoundSquared: normBoundSquared, scoring: .none)
        for round in attendance {
            let present = members.filter { round.participants.contains($0.number) }
            _ = try rounds.run(round: round.round, members: present, isAveraged: round.isAveraged)
        }
        return rounds.model
    }

    /// The game in which a coalition is worth the fall of the validation loss that it reaches alone, in nat.
    ///
    /// Complexity: 2ⁿ trainings, several at once.
    ///
    /// - Parameter threads: most threads to use; the result does not depend on it.
    package func game(threads: Int) throws -> ShapleyGame {
        let evaluator = try Evaluator(architecture: federation.scenario.task.architecture)
        let validation = federation.sets.validation
        let count = federation.participants.count
        let before = try evaluator.evaluate(start.parameters, on: validation, threads: 1).meanLoss
        let worths = try WorkSplit.results(of: 1 << count, threads: threads) { coalition in
            guard coalition > 0 else { return 0.0 }
            let model = try model(of: coalition)
            return before - (try evaluator.evaluate(model.parameters, on: validation, threads: 1).meanLoss)
        }
        return ShapleyGame(playerCount: count, worths: worths)
    }
}

extension WorkSplit {
    /// What `body` gives for each index, in order; several at once.
    ///
    /// - Throws: the failure of the first index that has one.
    package static func results<Value: Sendable>(
        of count: Int, threads: Int, _ body: @Sendable (Int) throws -> Value
    ) throws -> [Value] {
        let found = Mutex([Int: Result<Value, any Error>]())
        forEachItem(of: count, threads: threads) { item, _ in
            let result = Result { try body(item) }
            found.withLock { $0[item] = result }
        }
        let all = found.withLock { $0 }
        return try (0..<count).compactMap { try all[$0]?.get() }
    }
}
