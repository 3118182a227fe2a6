package import Ledger
package import Tensors
package import Training

/// One training job as the ledger binds it: model, hyper-parameters, round plan, aggregation and reward rule.
///
/// Its file is YAML; the SHA-256 of the file's bytes is the task's id, so nobody can change a rule after the fact.
package struct TaskConfiguration: Equatable, Sendable {
    /// How many take part in a round, and how long it waits.
    package struct CohortRule: Equatable, Sendable {
        /// Contributions that a round averages at most; it is sealed as soon as it has them.
        package var size: Int
        /// Fewest contributions that seal a round at its deadline.
        package var quorum: Int
        /// Participants invited for each one wanted, at least 1 (Bonawitz et al. 2019 use 1.3).
        package var overSelection: Double
        /// From a round's opening to its deadline.
        package var deadlineSeconds: Int

        package init(size: Int, quorum: Int, overSelection: Double, deadlineSeconds: Int) {
            self.size = size
            self.quorum = quorum
            self.overSelection = overSelection
            self.deadlineSeconds = deadlineSeconds
        }

        /// Participants to invite to a round.
        package var invitationCount: Int {
            Int((Double(size) * overSelection).rounded(.up))
        }
    }

    /// What the server does with the average (FedAvgM, Hsu et al. 2019).
    package struct ServerRule: Equatable, Sendable {
        package var learningRate: Double
        package var momentum: Double

        package init(learningRate: Double, momentum: Double) {
            self.learningRate = learningRate
            self.momentum = momentum
        }
    }

    /// The task's name, for people.
    package var name: String
    /// Seeds the initial model and the choice of cohorts.
    package var seed: UInt64
    package var architecture: ModelArchitecture
    package var training: TrainingConfiguration
    package var roundCount: Int
    /// Test accuracy at which the task ends early, or nil.
    package var stopAccuracy: Double?
    package var cohort: CohortRule
    package var server: ServerRule
    package var grid: Grid
    /// How far participants are trusted, which decides the pay rule.
    package var trust: TaskTerms.Trust
    package var reward: TaskReward
    package var weights: WeightRule
    /// When scores, exact losses and the validation set are shown.
    package var disclosure: TaskTerms.Disclosure
    /// From the opening to the moment when the task is closed, whatever was reached.
    package var closeAfterSeconds: Int
    /// What the coordinator sees of an update.
    package var privacy: PrivacyMode
    /// Which rounds' updates and models the coordinator has to keep.
    package var retain: UpdatePromise

    package init(
        name: String,
        seed: UInt64,
        architecture: ModelArchitecture,
        training: TrainingConfiguration,
        roundCount: Int,
        stopAccuracy: Double?,
        cohort: CohortRule,
        server: ServerRule,
        grid: Grid,
        trust: TaskTerms.Trust = .known,
        reward: TaskReward,
        weights: WeightRule = WeightRule(),
        disclosure: TaskTerms.Disclosure = .afterClose,
        closeAfterSeconds: Int? = nil,
        privacy: PrivacyMode = .inTheClear,
        retain: UpdatePromise = .all
    ) {
        self.name = name
        self.seed = seed
        self.architecture = architecture
        self.training = training
        self.roundCount = roundCount
        self.stopAccuracy = stopAccuracy
        self.cohort = cohort
        self.server = server
        self.grid = grid
        self.trust = trust
        self.reward = reward
        self.weights = weights
        self.disclosure = disclosure
        self.closeAfterSeconds = closeAfterSeconds ?? Self.defaultCloseAfter(roundCount, cohort)
        self.privacy = privacy
        self.retain = retain
    }

    /// Where a task file says nothing: twice the time that all its rounds may take, at least a day, at most a year.
    package static func defaultCloseAfter(_ roundCount: Int, _ cohort: CohortRule) -> Int {
        let longest = roundCount.multipliedReportingOverflow(by: 2 * cohort.deadlineSeconds)
        return longest.overflow ? 31_536_000 : min(31_536_000, max(86_400, longest.partialValue))
    }
}
