/// A group of simulated participants that behave alike.
package struct Population: Equatable, Sendable {
    /// What the members of a population do.
    package enum Kind: String, CaseIterable, Sendable {
        /// Trains on its data and sends what it got.
        case honest
        /// Sends an update of zeros.
        case zero
        /// Sends Gaussian noise as long as the last global delta.
        case noise
        /// Sends the last global delta again.
        case replay
        /// Sends the last global delta with Gaussian noise on top.
        case replayNoise = "replay-noise"
        /// Trains on its data with every label y turned to (classes - 1 - y).
        case labelFlip = "label-flip"
        /// Trains honestly, but often never answers.
        case dropOut = "drop-out"

        /// Whether members send something else than honest work.
        package var cheats: Bool {
            switch self {
            case .honest, .dropOut: false
            case .zero, .noise, .replay, .replayNoise, .labelFlip: true
            }
        }

        /// Whether members hold a part of the training data.
        package var holdsData: Bool {
            switch self {
            case .honest, .dropOut, .labelFlip: true
            case .zero, .noise, .replay, .replayNoise: false
            }
        }
    }

    package var kind: Kind
    package var count: Int
    /// Training speed against the standard box: 0.5 takes twice as long.
    package var speed: Double
    /// Probability that an invited member never answers.
    package var dropOut: Double
    /// Probability that a member's answer is held up until after the deadline.
    package var late: Double
    /// Noise against the last global delta's length, for the kinds that add noise.
    package var noise: Double

    package init(
        kind: Kind, count: Int, speed: Double = 1, dropOut: Double = 0, late: Double = 0, noise: Double = 0.3
    ) {
        self.kind = kind
        self.count = count
        self.speed = speed
        self.dropOut = dropOut
        self.late = late
        self.noise = noise
    }
}
