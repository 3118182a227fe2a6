import Attestation
import Coordination
import Federation
import Ledger
import Synchronization
import Tensors
import Testing
import Training

/// A coordinator in memory, its jobs and notices, and participants' keys, for one test.
final class CoordinatorRoom {
    /// What the last process left behind and what the present one does.
    private final class Shell {
        var jobs: [CoordinatorJob] = []
        var notices: [CoordinatorNotice] = []
        var isRegistrationOpen = false
    }

    /// The secret of every task: the same in each run, so that runs can be compared.
    static let secret = TaskSecret(SHA256.hash(Array("secret".utf8)))

    let disk: InMemoryLedgerStore
    let vault: MemoryVault
    let heads: InMemorySignedHeadStore
    let signer: NoteSigner
    let tasks: [TaskMaterial]
    private(set) var store: StoppingStore
    private(set) var coordinator: Coordinator
    private var shell: Shell
    var nowMs: UInt64 = 1_000_000
    /// Appends of the next process until the one that fails; nil: none does.
    var nextStop: Int?
    /// Whether that one is durable.
    var nextCommits = true
    /// Answers to contributions, in order.
    private let answers = AnswerList()

    init(tasks: [TaskMaterial], stopAt append: Int? = nil, commits: Bool = true) throws {
        self.tasks = tasks
        disk = InMemoryLedgerStore()
        vault = MemoryVault()
        heads = InMemorySignedHeadStore()
        let key = try Self.key(1_000)
        signer = try NoteSigner(name: "tributary.test/coordination", key: key)
        let genesis = Genesis(
            origin: "tributary.test/coordination", coordinatorKey: key.publicKey, asset: "TRIB", cap: 100_000_000,
            grants: [Genesis.Grant(account: try AccountName("sponsor/acme"), amount: 5_000_000)])
        try Coordinator.create(store: disk, signer: signer, heads: heads, genesis: genesis, nowMs: nowMs)
        let store = StoppingStore(disk, stopAt: append, commits: commits)
        let shell = Shell()
        (self.store, self.shell) = (store, shell)
        coordinator = try Self.coordinator(store, shell, signer, heads, vault, tasks, nowMs)
    }

    /// A process that takes up what another room's has left behind, with other material at hand.
    init(takingUp other: CoordinatorRoom, tasks: [TaskMaterial]) throws {
        self.tasks = tasks
        (disk, vault, signer, nowMs) = (other.disk, other.vault, other.signer, other.nowMs)
        heads = other.heads
        let store = StoppingStore(disk)
        let shell = Shell()
        (self.store, self.shell) = (store, shell)
        coordinator = try Self.coordinator(store, shell, signer, heads, vault, tasks, nowMs)
    }

    /// A process over another copy of a room's ledger, with the same key and the same store of signed heads.
    init(over disk: InMemoryLedgerStore, of other: CoordinatorRoom) throws {
        self.disk = disk
        (tasks, vault, heads, signer, nowMs) = (other.tasks, other.vault, other.heads, other.signer, other.nowMs)
        let store = StoppingStore(disk)
        let shell = Shell()
        (self.store, self.shell) = (store, shell)
        coordinator = try Self.coordinator(store, shell, signer, heads, vault, tasks, nowMs)
    }

    /// A copy of the ledger as it is now; like a restored file it has no checkpoint that is newer than itself.
    func copiedDisk() throws -> InMemoryLedgerStore {
        try InMemoryLedgerStore(entries: disk.entries(in: 0..<disk.count), balances: disk.balances())
    }

    /// Whether anybody may register; until the next restart.
    func openRegistration(_ isOpen: Bool) { shell.isRegistrationOpen = isOpen }

    private static func coordinator(
        _ store: StoppingStore, _ shell: Shell, _ signer: NoteSigner, _ heads: InMemorySignedHeadStore,
        _ vault: MemoryVault, _ tasks: [TaskMaterial], _ nowMs: UInt64
    ) throws -> Coordinator {
        let environment = Coordinator.Environment(
            store: store, signer: signer, heads: heads, vault: vault, threads: 1,
            material: { opened in
                guard let material = tasks.first(where: { $0.id == opened.task }) else {
                    throw CoordinationError(.notFound, "no such material")
                }
                return material
            },
            submit: { shell.jobs.append($0) }, notify: { shell.notices.append($0) }, makeSecret: { secret },
            isRegistrationOpen: { shell.isRegistrationOpen })
        return try Coordinator(environment, nowMs: nowMs)
    }

    static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256.hash(Array("participant \(number)".utf8)).bytes)
    }

    /// The process ends, with everything that it had not made durable, and starts again.
    func restart() throws {
        store = StoppingStore(disk, stopAt: nextStop, commits: nextCommits)
        shell = Shell()
        coordinator = try Self.coordinator(store, shell, signer, heads, vault, tasks, nowMs)
    }

    /// What was reported since the start, or since `notices` was taken last.
    func takeNotices() -> [CoordinatorNotice] {
        defer { shell.notices = [] }
        return shell.notices
    }

    var jobCount: Int { shell.jobs.count }

    /// Does the next job; its result is handed in by `complete`, or lost.
    func runJob() -> CoordinatorJobResult? { shell.jobs.isEmpty ? nil : shell.jobs.removeFirst().run() }

    /// Does all jobs, and those that follow.
    func runJobs() throws {
        while let result = runJob() { try coordinator.complete(result, nowMs: nowMs) }
    }

    // MARK: - Participants

    func register(_ numbers: Range<Int>) throws {
        for number in numbers {
            _ = try coordinator.register(Self.key(number).publicKey, label: "edge-\(number)", nowMs: nowMs)
        }
    }

    func work(_ number: Int) throws -> WorkAnswer {
        try coordinator.work(for: Self.key(number).publicKey, query: WorkQuery(), nowMs: nowMs)
    }

    func order(_ number: Int) throws -> TrainingOrder? {
        if case .train(let order) = try work(number) { order } else { nil }
    }

    /// A contribution that a participant has made and keeps.
    struct Made {
        let name: MemoryVault.Name
        let bytes: [UInt8]
        let sender: PublicKey
        let contribution: SignedContribution
    }

    /// A step down the gradient of the participant's own examples, on the grid.
    private func step(_ number: Int, for order: TrainingOrder, _ material: TaskMaterial) throws -> [Float] {
        let architecture = material.task.architecture
        let blob = ParameterBlob(layout: architecture.parameterLayout)
        let file = try vault.model(task: order.task, digest: order.baseModel)
        let model = try file.bytes(in: 0..<file.byteCount).withUnsafeBytes {
            SharedParameterSet(try blob.parameters(from: $0))
        }
        let examples = try TaskMaterial.examples(
            20 + number, draw: SHA256.hash(Array("\(number) \(order.round)".utf8)))
        var gradient = ParameterSet(zeros: blob.layout)
        try Evaluator(architecture: architecture).gradient(of: model.parameters, on: examples, into: &gradient)
        let grid = material.task.grid
        return gradient.values.withUnsafeValues { values in
            values.map { (-0.1 * $0 / grid.step).rounded(.toNearestOrEven) * grid.step + 0 }
        }
    }

    func make(_ number: Int, for order: TrainingOrder) throws -> Made {
        let material = try #require(tasks.first { $0.id == order.task })
        let blob = ParameterBlob(layout: material.task.architecture.parameterLayout)
        var bytes = blob.header
        for value in try step(number, for: order, material) {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return try make(number, for: order, bytes: bytes)
    }

    /// A contribution of any bytes.
    func make(_ number: Int, for order: TrainingOrder, bytes: [UInt8], samples: UInt64? = nil) throws -> Made {
        let material = try #require(tasks.first { $0.id == order.task })
        let blob = ParameterBlob(layout: material.task.architecture.parameterLayout)
        let key = try Self.key(number)
        let update = BlobDigest.digest(of: bytes)
        let statement = ContributionStatement(
            task: order.task, round: order.round, participantKey: key.publicKey, baseModel: order.baseModel,
            configuration: order.task, update: update, parameterCount: UInt64(blob.layout.count),
            sampleCount: samples ?? UInt64(10 + number), stepCount: 1,
            nonce: [UInt8](repeating: UInt8(number), count: 16), previousContribution: order.previousContribution,
            ledgerRootSeen: order.ledgerRoot,
            possession: ContributionStatement.possession(of: bytes, by: key.publicKey))
        return Made(
            name: MemoryVault.Name(task: order.task, round: order.round, digest: update), bytes: bytes,
            sender: key.publicKey,
            contribution: try statement.signed(by: key))
    }

    /// Uploads a contribution's update and submits it; the answer comes with its job.
    func send(_ made: Made) throws {
        vault.put(made.name, made.bytes, by: made.sender)
        try submit(made.contribution)
    }

    func submit(_ contribution: SignedContribution) throws {
        try coordinator.submit(contribution, nowMs: nowMs) { [answers] answer in
            answers.list.withLock { $0.append(answer) }
        }
    }

    /// The answers since they were taken last.
    func takeAnswers() -> [ContributionAnswer] {
        answers.list.withLock { answers in
            defer { answers = [] }
            return answers
        }
    }

    /// A participant's whole part: asks, trains, sends, and hears.
    @discardableResult
    func contribute(_ number: Int) throws -> Made {
        let made = try make(number, for: try #require(try order(number), "participant \(number) has no work"))
        try send(made)
        try runJobs()
        return made
    }

    // MARK: - The ledger

    func bodies() throws -> [EntryBody] {
        try disk.entries(in: 0..<disk.count).map { try EncodedEntry(decoding: $0.bytes).entry.body }
    }

    /// Entries of one kind on the disk, in order.
    func bodies<Body>(_ select: (EntryBody) -> Body?) throws -> [Body] { try bodies().compactMap(select) }

    /// The state that the disk's entries give, signatures checked.
    func replay() -> ReplayReport { Replay.run(store: disk, verifySignatures: true, threads: 1) }
}

extension TaskMaterial {
    var id: Digest { SHA256.hash(Array(task.text.utf8)) }

    /// A task over four features and three classes.
    static func sample(
        name: String = "fixture", size: Int = 3, quorum: Int = 2, rounds: Int = 3, deadlineSeconds: Int = 60,
        momentum: Double = 0.9, trust: TaskTerms.Trust = .known, score: TaskTerms.Score = .samples,
        disclosure: TaskTerms.Disclosure = .afterClose, pool: UInt64 = 1_000_000, sponsor: AccountName? = nil,
        acceptsUnprovedPay: Bool = false, weights: WeightRule = WeightRule(), samplesCap: UInt64 = 1_000,
        stopAccuracy: Double? = nil, closeAfterSeconds: Int? = nil, testCount: Int = 9
    ) throws -> TaskMaterial {
        let configuration = TaskConfiguration(
            name: name, seed: 7, architecture: try ModelArchitecture(inputCount: 4, classCount: 3),
            training: try TrainingConfiguration(epochs: 1, batchSize: 10, learningRate: 0.1), roundCount: rounds,
            stopAccuracy: stopAccuracy,
            cohort: TaskConfiguration.CohortRule(
                size: size, quorum: quorum, overSelection: 1, deadlineSeconds: deadlineSeconds),
            server: TaskConfiguration.ServerRule(learningRate: 1, momentum: momentum), grid: .standard, trust: trust,
            reward: TaskReward(
                score: score, pool: score == .none ? 0 : pool,
                targetDrop: score == .none ? TaskReward.defaultTargetDrop(classCount: 3) : 500_000_000_000,
                sponsor: sponsor, samplesCap: samplesCap, acceptsUnprovedPay: acceptsUnprovedPay),
            weights: weights, disclosure: disclosure, closeAfterSeconds: closeAfterSeconds)
        return TaskMaterial(
            task: configuration,
            evaluation: { secret in
                EvaluationSets(
                    validation: try examples(12, draw: secret.validationSeed),
                    test: try examples(testCount, draw: .zero))
            }, source: "", dataName: "fixture")
    }

    static func examples(_ count: Int, draw: Digest) throws -> LabelledExamples {
        let seed = draw.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        var generator = SeededGenerator(seed: seed, stream: "examples")
        let labels = (0..<count).map { UInt8($0 % 3) }
        let values = labels.flatMap { label in
            (0..<4).map { Float($0 == Int(label) ? 1 : 0) + Float(generator.nextUnit()) }
        }
        return try LabelledExamples(
            features: ParameterBuffer(values), labels: labels, featureCount: 4, classCount: 3)
    }
}

/// Answers as they come, for closures that may be called from anywhere.
private final class AnswerList: Sendable {
    let list = Mutex<[ContributionAnswer]>([])
}
