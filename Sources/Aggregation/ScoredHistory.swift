/// A Float64 vector that no longer changes, shared by reference between threads and rounds.
package final class SharedVector: Sendable {
    /// The values.
    package let values: Float64Buffer

    package init(_ values: consuming Float64Buffer) {
        self.values = values
    }
}

/// What a scored round leaves for the rounds after it.
package struct ScoredRound: Sendable {
    /// The round's number, from 1.
    package let round: UInt32
    /// The step D that was scored, as `ServerOptimizer.scoredStep` gives it.
    package let step: SharedVector
    /// The echo E: the sum of the updates, each by what was paid for it. As secret as the scores.
    package let echo: SharedVector

    package init(round: UInt32, step: SharedVector, echo: SharedVector) {
        self.round = round
        self.step = step
        self.echo = echo
    }
}

/// The last scored rounds of a task, newest first: what an update is no longer paid for.
///
/// Memory: 16 bytes a value for each of `AggregationLimits.history` rounds.
package struct ScoredHistory: Sendable {
    /// The rounds, newest first.
    package private(set) var rounds: [ScoredRound] = []

    package init() {}

    /// Adds a round that was just scored and forgets the oldest past `AggregationLimits.history`.
    package mutating func append(_ round: ScoredRound) {
        rounds.insert(round, at: 0)
        if rounds.count > AggregationLimits.history { rounds.removeLast() }
    }

    /// The vectors in the order that the surprise gradient removes them: the steps newest first, then the echoes.
    package var vectors: [SharedVector] { rounds.map(\.step) + rounds.map(\.echo) }
}
