/// Everything a reader wants to know of a finished run: `summary.json`, the data of `--json`, and the report's source.
package struct RunSummary: Codable, Equatable, Sendable {
    /// The version of this form.
    package static let currentSchema = 1

    /// The version of the form that was read or is written.
    package var schema: Int
    /// The run folder's name.
    package var run: String
    /// The scenario's name.
    package var scenario: String
    /// The seed that all randomness of the run comes from.
    package var seed: UInt64
    /// Threads the run used; they change its speed and nothing else.
    package var threads: Int
    /// The task's digest, in hex.
    package var task: String
    /// The data set's name.
    package var dataset: String
    /// The model in words, such as `"mlp 64-64-10"`.
    package var model: String
    /// Values in the model.
    package var parameterCount: Int
    /// The rounds, ascending.
    package var rounds: [RoundSummary]
    /// The participants, by number.
    package var participants: [ParticipantSummary]
    /// Test accuracy (0 to 1) of the final model.
    package var accuracy: Double
    /// Test loss (nats) of the final model.
    package var loss: Double
    /// The final model's digest, in hex.
    package var modelDigest: String
    /// The ledger's tree root, in hex.
    package var ledgerRoot: String
    /// Entries on the ledger.
    package var ledgerEntries: UInt64
    /// Units of 10^-6 token paid to participants.
    package var paidTotal: UInt64
    /// Units of 10^-6 token that were put in the pool over all rounds.
    package var pooledTotal: UInt64
    /// Units of 10^-6 token left over by rounding down and by rounds that paid nobody.
    package var carried: UInt64
    /// What the tokens are called.
    package var asset: String
    /// Seconds on the wall clock from the first to the last instruction.
    package var seconds: Double
    /// The arithmetic kernels' variant, such as `"avx512"`.
    package var kernels: String
    /// Which updates were kept.
    package var retention: RetentionSummary?

    package init(
        run: String,
        scenario: String,
        seed: UInt64,
        threads: Int,
        task: String,
        dataset: String,
        model: String,
        parameterCount: Int,
        rounds: [RoundSummary] = [],
        participants: [ParticipantSummary] = [],
        accuracy: Double = 0,
        loss: Double = 0,
        modelDigest: String = "",
        ledgerRoot: String = "",
        ledgerEntries: UInt64 = 0,
        paidTotal: UInt64 = 0,
        pooledTotal: UInt64 = 0,
        carried: UInt64 = 0,
        asset: String = "TRB",
        seconds: Double = 0,
        kernels: String = "",
        retention: RetentionSummary? = nil
    ) {
        self.schema = Self.currentSchema
        self.run = run
        self.scenario = scenario
        self.seed = seed
        self.threads = threads
        self.task = task
        self.dataset = dataset
        self.model = model
        self.parameterCount = parameterCount
        self.rounds = rounds
        self.participants = participants
        self.accuracy = accuracy
        self.loss = loss
        self.modelDigest = modelDigest
        self.ledgerRoot = ledgerRoot
        self.ledgerEntries = ledgerEntries
        self.paidTotal = paidTotal
        self.pooledTotal = pooledTotal
        self.carried = carried
        self.asset = asset
        self.seconds = seconds
        self.kernels = kernels
        self.retention = retention
    }

    private enum CodingKeys: String, CodingKey {
        case schema, run, scenario, seed, threads, task, dataset, model, rounds, participants, accuracy, loss, carried
        case asset, seconds, kernels, retention
        case parameterCount = "parameter_count"
        case modelDigest = "model_digest"
        case ledgerRoot = "ledger_root"
        case ledgerEntries = "ledger_entries"
        case paidTotal = "paid_total"
        case pooledTotal = "pooled_total"
    }
}
