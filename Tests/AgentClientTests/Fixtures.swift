import AgentClient
import Attestation
import Federation
import Ledger
import Tensors
import Training
import Wire

/// Keys, tasks, models and machines that the tests share.
enum Fixtures {
    static func key(_ name: String) throws -> SigningKey {
        try SigningKey(seed: SHA256.hash(Array(name.utf8)).bytes)
    }

    /// A task over examples of six features and three classes.
    static func task(
        name: String = "fixture", hidden: [Int] = [4], deadlineSeconds: Int = 60,
        reward: TaskReward = TaskReward(pool: 5_000_000, targetDrop: 1_000_000_000_000)
    ) throws -> TaskConfiguration {
        TaskConfiguration(
            name: name, seed: 7,
            architecture: try ModelArchitecture(inputCount: 6, hiddenCounts: hidden, classCount: 3),
            training: try TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1), roundCount: 5,
            stopAccuracy: nil,
            cohort: TaskConfiguration.CohortRule(
                size: 3, quorum: 2, overSelection: 1, deadlineSeconds: deadlineSeconds),
            server: TaskConfiguration.ServerRule(learningRate: 1, momentum: 0), grid: .standard,
            reward: reward)
    }

    static func examples(count: Int = 30) throws -> LabelledExamples {
        var generator = SeededGenerator(seed: 3, stream: "examples")
        return try LabelledExamples(
            features: ParameterBuffer((0..<count * 6).map { _ in Float(generator.nextNormal()) }),
            labels: (0..<count).map { UInt8($0 % 3) }, featureCount: 6, classCount: 3)
    }

    /// A machine whose waits are over at once, heartbeats aside, and which is always on mains.
    static func surroundings(nowMs: @escaping @Sendable () -> UInt64 = { 1_000_000 }) -> AgentSurroundings {
        AgentSurroundings(
            nowMs: nowMs, minuteOfDay: { 600 }, power: { PowerSupply(isOnMains: true, batteryPercent: nil) },
            sleep: { ms in
                try Task.checkCancellation()
                guard ms >= AgentLimits.heartbeatMs else { return await Task.yield() }
                try await Task.sleep(for: .seconds(3_600))
            })
    }

    /// The fake coordinator's.
    static func join() throws -> JoinString {
        JoinString(
            host: "127.0.0.1", port: 8_440, certificate: .zero,
            verifier: try NoteVerifier(name: "test.log/x", publicKey: key("log").publicKey), invitation: "")
    }
}

/// Zeros on the grid for every round, or the failures that it was told to have.
struct ZeroTrainer: AgentTrainer {
    var failure: AgentError?
    var metrics: [String: Double] = [:]
    var needsPreviousModel: Bool { false }

    func train(_ job: TrainingJob) async throws(AgentError) -> TrainedUpdate {
        if let failure { throw failure }
        return TrainedUpdate(
            update: SharedParameterSet(ParameterSet(zeros: job.task.architecture.parameterLayout)), sampleCount: 10,
            stepCount: 1, metrics: metrics)
    }
}
