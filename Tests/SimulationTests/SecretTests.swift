import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Tensors
import Testing
import Training

@Suite("What a task keeps secret until it closes")
struct SecretTests {
    private func federation(seed: Int = 1, name: String = "small") throws -> PreparedFederation {
        try PreparedFederation.load(text: SmallScenario(name: name, seed: seed).text, folder: ".")
    }

    private static let other = SimulatedSecrets(
        task: TaskSecret(SHA256.hash(Array("another secret".utf8))), startSeed: nil)

    /// Tells sets apart without the salt.
    private func root(_ federation: PreparedFederation) -> Digest {
        ValidationSet.root(of: federation.sets.validation, salt: .zero)
    }

    @Test("The validation set follows from the secret: the same again, another for another")
    func validation() throws {
        let first = try federation()
        #expect(root(try federation()) == root(first))
        let second = try PreparedFederation(first, secrets: Self.other)
        #expect(root(second) != root(first))
        #expect(root(try PreparedFederation(second, secrets: first.secrets)) == root(first))
        for prepared in [first, second] {
            #expect(prepared.sets.validation.count == 100)
            #expect(prepared.sets.test.count == 100)
            #expect(prepared.data.heldOut.count == 200)
        }
        #expect(second.participants.map(\.rows) == first.participants.map(\.rows), "what is trained on stays")
    }

    @Test("Salted, the same set has another root")
    func salt() throws {
        let set = try federation().sets.validation
        let secret = try federation().secrets.task
        #expect(
            ValidationSet.root(of: set, salt: secret.validationSalt)
                != ValidationSet.root(of: set, salt: Self.other.task.validationSalt))
    }

    @Test("The same secrets give the same digests, others another ledger and another model")
    func digests() throws {
        let room = try RunRoom()
        let first = try room.run(federation()).summary
        let again = try room.run(federation()).summary
        #expect(again.ledgerRoot == first.ledgerRoot)
        #expect(again.modelDigest == first.modelDigest)
        let other = try room.run(PreparedFederation(federation(), secrets: Self.other)).summary
        #expect(other.ledgerRoot != first.ledgerRoot)
        #expect(other.modelDigest != first.modelDigest, "the commitment to the secret is before round 1")
        #expect(other.task == first.task, "the secret is no part of the task's file")
    }

    /// The root over all entries before round 1, and the model that round 1 starts from.
    private func start(_ folder: RunFolder) throws -> (root: Digest, model: Digest, opened: TaskOpened) {
        var tree = MerkleTree()
        var opening: TaskOpened?
        let store = try SQLiteLedgerStore(path: folder.ledger.path, access: .readOnly)
        for stored in try store.entries(in: 0..<store.count) {
            let entry = try EncodedEntry(decoding: stored.bytes)
            if case .taskOpened(let opened) = entry.entry.body { opening = opened }
            if case .roundOpened(let opened) = entry.entry.body {
                return (tree.root, opened.baseModel, try #require(opening))
            }
            tree.append(leafHash: entry.leafHash)
        }
        throw SimulationError(.underlying, "no round was opened")
    }

    @Test("The first model follows from the ledger's root before round 1, and the task's opening does not name it")
    func startingModel() throws {
        let room = try RunRoom()
        var models: Set<Digest> = []
        for (seed, name) in [(1, "small"), (1, "other"), (2, "small")] {
            let prepared = try federation(seed: seed, name: name)
            let run = try room.run(prepared)
            let (root, model, opened) = try start(run.folder)
            #expect(opened.initialModel == nil)
            #expect(opened.terms?.secretCommitment == prepared.secrets.task.commitment)
            let task = prepared.scenario.task
            let initial = task.initialModel(start: TaskStart.seed(root: root, task: opened.task))
            let blob = ParameterBlob(layout: task.architecture.parameterLayout)
            #expect(blob.digest(of: initial, threads: 1) == model)
            models.insert(model)
        }
        #expect(models.count == 3, "another name is another start, whatever the seed")
    }

    @Test("With another ledger's secret and start, a simulation ends with that ledger's model and pay")
    func rehearsed() throws {
        let room = try RunRoom()
        let original = try PreparedFederation(federation(), secrets: Self.other)
        let run = try room.run(original)
        let (root, _, opened) = try start(run.folder)
        let revealed = SimulatedSecrets(
            task: Self.other.task, startSeed: TaskStart.seed(root: root, task: opened.task))
        let again = try room.run(PreparedFederation(federation(), secrets: revealed)).summary
        #expect(again.modelDigest == run.summary.modelDigest)
        #expect(again.payByLabel == run.summary.payByLabel)
        let elsewhere = SimulatedSecrets(task: Self.other.task, startSeed: .zero)
        let other = try room.run(PreparedFederation(federation(), secrets: elsewhere)).summary
        #expect(other.modelDigest != run.summary.modelDigest)
    }

    @Test("A run shows its secret at the close alone, and all that was hidden can be derived from it then")
    func revealed() throws {
        let room = try RunRoom()
        let prepared = try federation()
        let run = try room.run(prepared)
        let (report, entries) = try run.folder.replayed()
        #expect(report.fault == nil)
        let secret = prepared.secrets.task.value.bytes
        let holders = try entries.filter { entry in
            let bytes = try EncodedEntry(
                sequence: entry.sequence, previous: entry.previous, timeMs: entry.timeMs, body: entry.body
            ).bytes
            return bytes.indices.contains { bytes[$0...].starts(with: secret) }
        }
        #expect(holders.count == 1)
        guard case .taskClosed(let closed)? = holders.first?.body, let shown = closed.secret else {
            Issue.record("it is not the close that has the secret")
            return
        }
        let sets = try prepared.data.evaluation(seed: shown.validationSeed)
        let opening = try #require(report.state.tasks.values.first?.opening)
        #expect(ValidationSet.root(of: sets.validation, salt: shown.validationSalt) == opening.validationRoot)
        #expect(shown.commitment == opening.terms?.secretCommitment)
    }
}
