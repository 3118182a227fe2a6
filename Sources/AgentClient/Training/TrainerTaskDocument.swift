import Attestation
import Federation
import Tensors
import Training

/// `task.json`: what a trainer is told of its job (`Protocols/trainer.md`).
struct TrainerTaskDocument: Encodable {
    struct Model: Encodable {
        var features: Int
        var classes: Int
        var hidden: [Int]
    }

    struct Training: Encodable {
        var epochs: Int
        var batch: Int
        var learningRate: Float
        var momentum: Float
        var weightDecay: Float
        var proximal: Float

        enum CodingKeys: String, CodingKey {
            case epochs, batch, momentum, proximal
            case learningRate = "learning_rate"
            case weightDecay = "weight_decay"
        }
    }

    struct Grid: Encodable {
        var fractionBits: Int
        var largest: Float

        enum CodingKeys: String, CodingKey {
            case largest
            case fractionBits = "fraction_bits"
        }
    }

    struct Parameter: Encodable {
        var name: String
        var shape: [Int]
        var offset: Int
        var count: Int
    }

    struct Paths: Encodable {
        var model: String
        var update: String
        var metrics: String
        var data: String?
    }

    struct Limits: Encodable {
        var threads: Int
        var memoryBytes: UInt64?
        var fileBytes: UInt64
        var updateBytes: Int
        var metricsBytes: Int

        enum CodingKeys: String, CodingKey {
            case threads
            case memoryBytes = "memory_bytes"
            case fileBytes = "file_bytes"
            case updateBytes = "update_bytes"
            case metricsBytes = "metrics_bytes"
        }
    }

    let schema = 1
    var task: String
    var name: String
    var round: UInt32
    var participant: UInt32
    var seed: UInt32
    var model: Model
    var training: Training
    var grid: Grid
    var parameters: [Parameter]
    var paths: Paths
    var limits: Limits
    var deadlineMs: UInt64

    enum CodingKeys: String, CodingKey {
        case schema, task, name, round, participant, seed, model, training, grid, parameters, paths, limits
        case deadlineMs = "deadline_ms"
    }

    /// Describes a job.
    ///
    /// The seed differs from round to round and participant to participant, and follows from the task's.
    init(_ job: TrainingJob, paths: Paths, limits: Limits, deadlineMs: UInt64) {
        let task = job.task
        var generator = SeededGenerator(
            seed: task.seed, stream: "external-trainer", Int(job.participant), Int(job.round))
        self.task = job.taskID.hex
        name = task.name
        round = job.round
        participant = job.participant
        // 31 bits: what every language's generators take.
        seed = UInt32(generator.next() >> 33)
        model = Model(
            features: task.architecture.inputCount, classes: task.architecture.classCount,
            hidden: task.architecture.hiddenCounts)
        training = Training(
            epochs: task.training.epochs, batch: task.training.batchSize, learningRate: task.training.learningRate,
            momentum: task.training.momentum, weightDecay: task.training.weightDecay, proximal: task.training.proximal)
        grid = Grid(fractionBits: task.grid.fractionBits, largest: task.grid.largest)
        parameters = task.architecture.parameterLayout.tensors.map {
            Parameter(name: $0.name, shape: $0.shape, offset: $0.offset, count: $0.count)
        }
        self.paths = paths
        self.limits = limits
        self.deadlineMs = deadlineMs
    }
}
