/// A group of simulated participants that behave alike.
package struct Population: Equatable, Sendable {
    package var kind: Kind
    package var count: Int
    /// What a member counts for beside others, 1 to 8; 4 is ordinary.
    package var units: Int
    /// Training speed against the standard box: 0.5 takes twice as long.
    package var speed: Double
    /// Probability that an invited member never answers.
    package var dropOut: Double
    /// Probability that a member's answer is held up until after the deadline.
    package var late: Double
    /// Length of added noise against what it is added to.
    package var noise: Double
    /// What the kind does in detail; the kind says which of it counts.
    package var settings: Settings

    /// - Parameter settings: the kind's own, if left out.
    package init(
        kind: Kind, count: Int, units: Int = ordinaryUnits, speed: Double = 1, dropOut: Double = 0, late: Double = 0,
        noise: Double = 0.3, settings: Settings? = nil
    ) {
        self.kind = kind
        self.count = count
        self.units = units
        self.speed = speed
        self.dropOut = dropOut
        self.late = late
        self.noise = noise
        self.settings = settings ?? kind.settings
    }

    /// Units of a member of which nothing is said.
    package static let ordinaryUnits = 4

    /// Parts of the training data that the population gets.
    package var shareCount: Int {
        switch kind.holding {
        case .nothing: 0
        case .shareEach: count
        case .sharePerPair: (count + 1) / 2
        case .sameShare, .splitShare: min(count, 1)
        }
    }

    /// Whether a member answers in a round at all, if nothing else prevents it.
    package func answers(inRound round: UInt32) -> Bool {
        switch kind {
        case .late: Int(round) > settings.rounds
        case .leaves: Int(round) <= settings.rounds
        default: true
        }
    }
}

extension Population {
    /// The numbers that say how a kind does what it does. Each counts for the kinds that name it alone.
    package struct Settings: Equatable, Sendable {
        /// Times the direction is sent.
        package var scale = 1.0
        /// Steps that are looked back.
        package var lag = 1
        /// Length of the random part of a mix against the rest.
        package var kick = 0.5
        /// Rounds until the behaviour changes; steps used by a reconstruction.
        package var rounds = 5
        /// Examples that are held or made up.
        package var examples = 10
        /// Times the honest update is sent.
        package var factor = 3.0
        /// Examples claimed for each one held.
        package var claims = 100.0
        /// Whether the update is brought to the length of the norm bound.
        package var toBound = false
        /// Which form of the kind; nil where it has one form.
        package var variant: Variant?

        package init() {}
    }

    /// The keys of a scenario file that set one of `Settings`, or the noise.
    package enum Setting: String, CaseIterable, Sendable {
        case scale, noise, lag, kick, rounds, examples, factor, claims, variant
        case toBound = "to_bound"
    }

    /// Forms of kinds that have several.
    package enum Variant: String, CaseIterable, Sendable {
        /// Sends the other's bytes.
        case exact
        /// Sends the other's update with noise.
        case noisy
        /// Sends the mean of all honest updates.
        case mean
        /// Follows the gradient.
        case gradient
        /// Trains.
        case training
        /// Makes up inputs whose gradients point as the public steps did.
        case matched
        /// Makes up inputs that the public model recognises.
        case distilled
    }

    /// Which training data members have.
    package enum Holding: Sendable {
        case nothing
        /// Each member has a share of its own.
        case shareEach
        /// Two members after each other hold one share together.
        case sharePerPair
        /// All members hold the rows of one share.
        case sameShare
        /// The members divide one share among them.
        case splitShare
    }
}
