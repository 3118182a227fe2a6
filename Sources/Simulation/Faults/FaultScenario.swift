import Attestation
import Coordination
import Federation
import Ledger
import Tensors
import Training

/// Who takes part in one seed's world, in which tasks, and when.
struct FaultScenario {
    /// A task, and when its operator opens it.
    struct PlannedTask {
        let material: TaskMaterial
        let id: Digest
        let blob: ParameterBlob
        let sets: EvaluationSets
        /// Milliseconds after the world's beginning.
        let openAfterMs: UInt64
    }

    let seed: UInt64
    let tasks: [PlannedTask]
    let honestCount: Int
    let cheatCount: Int
    let sponsorGrant: UInt64
    /// When the faults end, in milliseconds after the world's beginning.
    let calmAfterMs: UInt64

    var agentCount: Int { honestCount + cheatCount }

    /// The world of a seed.
    init(seed: UInt64) throws {
        self.seed = seed
        var generator = SeededGenerator(seed: seed, stream: "fault scenario")
        let honest = 2 + generator.nextIndex(below: 4)
        let cheats = generator.nextIndex(below: 3) == 0 ? 1 : 0
        let isLarge = generator.nextIndex(below: 400) == 0
        honestCount = honest
        cheatCount = cheats
        sponsorGrant = 1_000_000_000
        calmAfterMs = 30_000 + UInt64(generator.nextIndex(below: 1_200_000))
        let taskCount = isLarge || generator.nextIndex(below: 3) > 0 ? 1 : 2
        var tasks: [PlannedTask] = []
        for index in 0..<taskCount {
            tasks.append(try Self.task(index, honest: honest, isLarge: isLarge, seed: seed, &generator))
        }
        self.tasks = tasks
    }

    private static func task(
        _ index: Int, honest: Int, isLarge: Bool, seed: UInt64, _ generator: inout SeededGenerator
    ) throws -> PlannedTask {
        let size = 1 + generator.nextIndex(below: honest)
        let quorum = 1 + generator.nextIndex(below: size)
        let hidden = isLarge ? [40_000] : generator.nextIndex(below: 2) == 0 ? [] : [5]
        let architecture = try ModelArchitecture(inputCount: 4, hiddenCounts: hidden, classCount: 3)
        let score: TaskTerms.Score = [.samples, .value, .value, .none][generator.nextIndex(below: 4)]
        let trust: TaskTerms.Trust = score == .value && generator.nextIndex(below: 2) == 0 ? .open : .known
        let isLive = trust == .known && generator.nextIndex(below: 3) == 0
        let sponsor = generator.nextIndex(below: 3) == 0 ? try AccountName("sponsor/acme") : nil
        let configuration = TaskConfiguration(
            name: "faults-\(index)", seed: seed % (1 << 62), architecture: architecture,
            training: try TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1),
            roundCount: isLarge ? 2 : 3 + generator.nextIndex(below: 6),
            stopAccuracy: generator.nextIndex(below: 10) == 0 ? 0.5 : nil,
            cohort: TaskConfiguration.CohortRule(
                size: trust == .open ? FederationLimits.participantCount : size, quorum: quorum,
                overSelection: trust == .open || generator.nextIndex(below: 2) == 0 ? 1 : 1.5,
                deadlineSeconds: [10, 30, 120, 600][generator.nextIndex(below: 4)]),
            server: TaskConfiguration.ServerRule(
                learningRate: 1, momentum: generator.nextIndex(below: 2) == 0 ? 0 : 0.9),
            grid: .standard,
            trust: trust,
            reward: TaskReward(
                score: score, pool: score == .none ? 0 : 5_000_000, targetDrop: 100_000_000_000,
                sponsor: score == .none ? nil : sponsor, samplesCap: score == .samples ? 40 : 0),
            disclosure: isLive ? .live : .afterClose)
        let sets = EvaluationSets(
            validation: try examples(24, seed: seed, index), test: try examples(16, seed: seed ^ 1, index))
        let material = TaskMaterial(
            task: configuration, evaluation: { _ in sets }, source: "", dataName: "simulated")
        return PlannedTask(
            material: material, id: SHA256.hash(Array(configuration.text.utf8)),
            blob: ParameterBlob(layout: architecture.parameterLayout),
            sets: sets,
            openAfterMs: UInt64(generator.nextIndex(below: index == 0 ? 2_000 : 60_000)))
    }

    private static func examples(_ count: Int, seed: UInt64, _ index: Int) throws -> LabelledExamples {
        var generator = SeededGenerator(seed: seed, stream: "fault examples", index)
        var values: [Float] = []
        var labels: [UInt8] = []
        for _ in 0..<count {
            let label = generator.nextIndex(below: 3)
            labels.append(UInt8(label))
            for feature in 0..<4 {
                values.append((feature == label ? 1 : 0) + Float(generator.nextUnit()) - 0.5)
            }
        }
        return try LabelledExamples(
            features: ParameterBuffer(values), labels: labels, featureCount: 4, classCount: 3)
    }
}
