internal import Attestation
internal import Datasets
internal import Federation
internal import Ledger
internal import Rewards
internal import Tensors
internal import Training

/// Short simulations of a task: its model, training and pay rule, few rounds, few participants, no network.
struct TaskTrial: Sendable {
    /// What a trial came to.
    struct Outcome: Sendable {
        let participants: [SimulatedParticipant]
        /// By participant: the merit that the pool is divided by, not below zero.
        let merits: [Double]
        /// By participant: rounds in which its update was refused.
        let refusals: [Int]
        /// Validation loss of the first model and the last, in nat.
        let lossBefore: Double
        let lossAfter: Double
        /// Sums of all scores, in nat.
        let full: Double
        let novel: Double

        /// The merits of honest participants, each divided by its units over the ordinary 4.
        var honestMeritsByUnit: [Double] {
            zip(participants, merits).filter { !$0.0.isAddition }.map { $1 * 4 / Double($0.population.units) }
        }

        /// What all additions together earn, against the mean of the others; nil where these earn nothing.
        var additionsShare: Double? {
            let rows = zip(participants, merits)
            let others = rows.filter { !$0.0.isAddition }.map(\.1)
            let mean = others.reduce(0, +) / Double(max(1, others.count))
            return mean > 0 ? rows.filter(\.0.isAddition).map(\.1).reduce(0, +) / mean : nil
        }

        /// Whether each addition was refused at least once and earned nothing.
        var refusesAdditions: Bool {
            zip(participants, refusals).allSatisfy { !$0.isAddition || $1 > 0 }
                && zip(participants, merits).allSatisfy { !$0.isAddition || $1 == 0 }
        }
    }

    private let scenario: Scenario
    private let dataset: Dataset
    /// Rounds of a trial.
    let roundCount: Int
    /// Examples that an ordinary participant of a trial trains on.
    let exampleCount: Int
    /// Validation examples of a trial: three gradients over them are taken each round.
    private let validationCount: Int
    /// What each participant of a trial keeps of the examples that are dealt to it.
    private let part: Double
    /// Examples that an ordinary participant of the task has.
    let ordinaryExampleCount: Int
    /// Who takes part where nobody is added: the file's honest participants, the first of them where there are many.
    let honestPopulations: [Population]

    /// - Parameter isScenario: whether the file says how many share the data.
    init(
        _ scenario: Scenario, isScenario: Bool, dataset: Dataset, effort: TaskCheckSubject.Effort
    ) throws {
        var scenario = scenario
        self.dataset = dataset
        roundCount = min(scenario.task.roundCount, effort.rounds, TaskCheckLimits.roundCount)
        let working = scenario.populations.filter { $0.kind.holdsData && !$0.kind.cheats }
        var left = min(TaskCheckLimits.participantCount, scenario.task.cohort.size)
        var honest: [Population] = []
        for population in working where left > 0 {
            let count = min(left, population.count)
            honest.append(Population(kind: .honest, count: count, units: population.units))
            left -= count
        }
        guard honest.reduce(0, { $0 + $1.count }) >= 2 else {
            throw SimulationError(
                .unusableData, "the task has fewer than two honest participants that hold data",
                hint: "nothing can be said of shares among one; add some of kind honest, or raise cohort.size")
        }
        honestPopulations = honest
        let count = honest.reduce(0) { $0 + $1.count }
        let held = dataset.test == nil ? scenario.validationCount + scenario.testCount : 0
        let dealt = Double(max(1, dataset.train.count - held)) / Double(count)
        let holders = scenario.populations.reduce(0) { $0 + $1.shareCount }
        let ordinary =
            isScenario
            ? dealt * Double(count) / Double(max(count, holders))
            : min(dealt, Double(scenario.task.weights.exampleCount ?? .max))
        let passes = Self.affordablePasses(scenario.task, roundCount: roundCount)
        let trainings = Double(scenario.task.training.epochs * TaskCheckLimits.participantCount)
        let affordable = max(Double(TaskCheckLimits.exampleCount), passes / trainings)
        validationCount = max(100, Int(min(Double(TaskCheckLimits.validationCount), passes / 3)))
        ordinaryExampleCount = max(1, Int(ordinary))
        exampleCount = max(1, Int(min(ordinary, affordable)))
        part = min(1, min(ordinary, affordable) / dealt)
        scenario.task.weights.exampleCount = max(
            1, Int(Double(scenario.task.weights.exampleCount ?? ordinaryExampleCount) * min(1, affordable / ordinary)))
        self.scenario = scenario
    }

    /// Whether participants train on fewer examples than in the task.
    var isCut: Bool { exampleCount < ordinaryExampleCount }

    /// How often a round may pass through an example, forwards and backwards, so that the trials of one seed take a few
    /// seconds.
    private static func affordablePasses(_ task: TaskConfiguration, roundCount: Int) -> Double {
        let lines = UnearnedPaySection.additions(roundCount: roundCount).count + 1
        let onePass = 6 * Double(task.architecture.parameterLayout.count)
        return TaskCheckLimits.workCount / (onePass * Double(roundCount * lines))
    }

    /// How the training part is dealt out among the trial's participants, each row's label counted.
    func histograms() throws -> [LabelHistogram] {
        let federation = try federation(of: honestPopulations, trial: 0)
        return federation.participants.map {
            LabelHistogram(labels: federation.train.labels, rows: $0.rows, classCount: federation.train.classCount)
        }
    }

    /// Trials with some populations, each with a seed of its own; several at once.
    func outcomes(of populations: [Population], count: Int, threads: Int) throws -> [Outcome] {
        try WorkSplit.results(of: count, threads: threads) { try outcome(of: populations, trial: $0) }
    }

    /// Everybody with one population added: in place of as many honest participants as it holds parts of the data.
    func populations(adding addition: Population) -> [Population] {
        var honest = honestPopulations
        var places = addition.shareCount
        while places > 0, let last = honest.indices.last, honest.count > 1 || honest[last].count > 1 {
            honest[last].count -= 1
            if honest[last].count == 0 { honest.removeLast() }
            places -= 1
        }
        return honest + [addition]
    }

    private func federation(of populations: [Population], trial: Int) throws -> PreparedFederation {
        var scenario = scenario
        scenario.populations = populations
        scenario.task.seed = scenario.task.seed &+ UInt64(trial)
        return try PreparedFederation(scenario: scenario, dataset: dataset)
    }

    /// What `body` gives for so many jobs, several at once.
    static func parallel<Value: Sendable>(
        _ count: Int, _ subject: TaskCheckSubject, _ body: @Sendable (Int) throws -> Value
    ) throws -> [Value] {
        try WorkSplit.results(of: count, threads: subject.effort.threads, body)
    }

    /// One trial with some populations.
    func outcome(of populations: [Population], trial: Int) throws -> Outcome {
        let federation = try federation(of: populations, trial: trial)
        let task = federation.scenario.task
        let validation = try federation.sets.validation.first(validationCount)
        let members = federation.participants.map { $0.keeping(part) }
        let start = SHA256.hash(Array("tributary/task-check/\(task.seed)".utf8))
        let rounds = try RoundsInMemory(
            federation, members: members, start: SharedParameterSet(task.initialModel(start: start)),
            normBoundSquared: try NormRehearsal.boundSquared(task, examples: validation),
            scoring: task.trust == .open ? .novel : .full,
            sets: EvaluationSets(validation: validation, test: validation))
        var tally = Tally(task, members)
        for round in 1...UInt32(roundCount) {
            let present = members.filter { $0.population.answers(inRound: round) }
            tally.take(try rounds.run(round: round, members: present), of: present)
        }
        return tally.outcome
    }

    /// Adds up a trial's rounds as the ledger's rules do.
    private struct Tally {
        private let task: TaskConfiguration
        private let members: [SimulatedParticipant]
        private var merits: [Merit]
        private var refusals: [Int]
        private var losses: (first: Int64, last: Int64)?
        private var full = 0.0
        private var novel = 0.0
        private var roundCount = 0

        init(_ task: TaskConfiguration, _ members: [SimulatedParticipant]) {
            self.task = task
            self.members = members
            merits = members.map { _ in Merit() }
            refusals = members.map { _ in 0 }
        }

        mutating func take(_ round: RoundsInMemory.Outcome, of present: [SimulatedParticipant]) {
            for number in round.refused { refusals[Int(number)] += 1 }
            guard let result = round.result, let metrics = result.metrics else { return }
            losses = (losses?.first ?? metrics.validationLossBefore, metrics.validationLossAfter)
            full += result.scores.reduce(0) { $0 + Double($1.full) } / 1e12
            novel += result.scores.reduce(0) { $0 + Double($1.novel) } / 1e12
            roundCount += 1
            guard task.reward.score != .samples else { return takeSamples(result.scores) }
            guard task.reward.paidRounds == .all || roundCount == 1 else { return }
            let agreement = Agreement.share(of: result.scores.map(\.novel))
            for score in result.scores {
                merits[Int(score.participant)].add(
                    task.trust == .known ? score.full : Merit.gain(novel: score.novel, agreement: agreement))
            }
        }

        private mutating func takeSamples(_ scores: [ContributionScore]) {
            let cap = task.reward.samplesCap
            for score in scores {
                merits[Int(score.participant)].add(Int64(clamping: cap == 0 ? score.samples : min(score.samples, cap)))
            }
        }

        var outcome: Outcome {
            Outcome(
                participants: members, merits: merits.map { Double(max(0, $0.value)) }, refusals: refusals,
                lossBefore: Double(losses?.first ?? 0) / 1e12, lossAfter: Double(losses?.last ?? 0) / 1e12, full: full,
                novel: novel)
        }
    }
}

extension SimulatedParticipant {
    /// Whether it was added to the honest ones.
    fileprivate var isAddition: Bool { population.kind != .honest }

    /// The same participant with a part of its rows, evenly chosen, one at least where it has some.
    fileprivate func keeping(_ part: Double) -> SimulatedParticipant {
        let count = max(min(1, rows.count), Int((Double(rows.count) * part).rounded()))
        guard count < rows.count else { return self }
        return SimulatedParticipant(
            number: number, key: key, population: population, label: label,
            rows: (0..<count).map { rows[$0 * rows.count / count] }, claimedSampleCount: claimedSampleCount,
            group: group, place: place)
    }
}

extension LabelledExamples {
    /// So many of the examples at most, evenly chosen.
    fileprivate func first(_ limit: Int) throws -> LabelledExamples {
        guard count > limit else { return self }
        return try selection(of: (0..<limit).map { $0 * count / limit })
    }
}
