import Attestation
import Coordination
import CoordinatorServer
import Federation
import Ledger
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite("The coordinator's host")
struct HostTests {
    /// A store in memory whose disk can be told to be full.
    private final class FillingStore: LedgerStore {
        let isFull: FullSwitch
        private let disk = InMemoryLedgerStore()

        init(_ isFull: FullSwitch) { self.isFull = isFull }

        var count: UInt64 { disk.count }

        func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
            if isFull.value.withLock({ $0 }) { throw LedgerError(.storeFull, "the disk is full") }
            try disk.append(entries, balances: balances)
        }

        func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] { try disk.entries(in: range) }
        func balances() throws(LedgerError) -> [StoredBalance] { try disk.balances() }
        func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
            try disk.appendCheckpoint(note, size: size)
        }
        func lastCheckpoint() throws(LedgerError) -> [UInt8]? { try disk.lastCheckpoint() }
        func close() throws(LedgerError) { try disk.close() }
    }

    private final class FullSwitch: Sendable {
        let value = Mutex(false)
    }

    private let home: TemporaryFolder
    private let vault: FolderVault
    private let isFull = FullSwitch()

    init() throws {
        home = try TemporaryFolder()
        vault = try FolderVault(root: home.path)
    }

    private func host(_ failed: @escaping @Sendable (CoordinationError) -> Void) throws -> CoordinatorHost {
        let key = try SigningKey.generate()
        let signer = try NoteSigner(name: "test.example/log", key: key)
        let genesis = Genesis(
            origin: "test.example/log", coordinatorKey: key.publicKey, asset: "TRIB", cap: 100_000_000_000, grants: [])
        let isFull = isFull
        return try CoordinatorHost(
            CoordinatorHost.Parts(
                store: {
                    let store = FillingStore(isFull)
                    try Coordinator.create(
                        store: store, signer: signer, genesis: genesis, nowMs: CoordinatorService.systemMs())
                    return store
                }, signer: signer, vault: vault, threads: 1,
                material: { _ in throw CoordinationError(.notFound, "nothing is open at the start") },
                nowMs: { CoordinatorService.systemMs() }, noticed: { _ in }, changed: {}, failed: failed))
    }

    private func contribution(_ order: TrainingOrder, _ text: String, _ key: SigningKey) throws -> SignedContribution {
        let update = try SmallTask.update(text)
        let plan = UploadPlan(
            task: order.task, round: order.round, digest: update.digest, byteCount: update.bytes.count,
            chunkHashes: update.hashes, participant: key.publicKey)
        _ = try vault.beginUpload(plan)
        try update.bytes.withUnsafeBytes { try vault.putChunk(0, of: update.digest, by: key.publicKey, $0) }
        return try ContributionStatement(
            task: order.task, round: order.round, participantKey: key.publicKey, baseModel: order.baseModel,
            configuration: order.task, update: update.digest,
            parameterCount: UInt64(try TaskConfiguration(text: text).architecture.parameterLayout.count),
            sampleCount: 10, stepCount: 1, nonce: [UInt8](repeating: 7, count: 16),
            previousContribution: order.previousContribution, ledgerRootSeen: order.ledgerRoot,
            possession: ContributionStatement.possession(of: update.bytes, by: key.publicKey)
        ).signed(by: key)
    }

    @Test("A contribution that is waited for while the ledger fails is answered, and so is everything after it")
    func ledgerFails() async throws {
        // A drill of full disks found a coordinator that had said it would stop, and waited for this request for ever.
        let (failed, source) = AsyncStream.makeStream(of: CoordinationError.self)
        let host = try host { source.yield($0) }
        await host.start()
        let key = try SigningKey.generate()
        _ = try await host.register(key.publicKey, label: "edge")
        let text = SmallTask.text(size: 1)
        _ = try await host.open(
            try RehearsedTask(
                SmallLoader().material(taskText: text, source: ""), secret: CoordinatorHost.randomSecret()))
        guard
            case .train(let order) = try await host.work(
                for: key.publicKey, query: WorkQuery(), waitMs: 5_000, link: nil)
        else {
            Issue.record("the participant is not invited")
            return
        }
        let contribution = try contribution(order, text, key)
        isFull.value.withLock { $0 = true }
        for _ in 0..<2 {
            await #expect(throws: CoordinationError(.ledgerFailed, "")) { try await host.submit(contribution) }
        }
        await #expect(throws: CoordinationError(.ledgerFailed, "")) {
            try await host.work(for: key.publicKey, query: WorkQuery(), waitMs: 5_000, link: nil)
        }
        source.finish()
        var failures: [CoordinationError] = []
        for await failure in failed { failures.append(failure) }
        #expect(failures.map(\.code) == [.ledgerFailed])
        #expect(failures.first?.hint?.contains("make room") == true)
    }
}
