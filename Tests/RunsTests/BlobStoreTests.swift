import Attestation
import Foundation
import Runs
import Tensors
import Testing

@Suite("Blobs")
struct BlobStoreTests {
    private static func digest(_ round: Int, _ number: Int) -> Digest { SHA256.hash(Array("\(round)/\(number)".utf8)) }

    /// Ten rounds of three updates of 100 bytes, and a model of 50 bytes after each, from round 0.
    private static func fill(_ store: inout BlobStore, rounds: Int = 10) throws -> [RetiredRound] {
        let header = [UInt8](repeating: 1, count: 20)
        let values = [UInt8](repeating: 2, count: 80)
        let model = [UInt8](repeating: 3, count: 30)
        var gone = try store.putModel(
            round: 0,
            digest: digest(0, 9),
            header: header.span.bytes,
            values: model.span.bytes
        )
        for round in 1...rounds {
            for number in 0..<3 {
                gone += try store.putUpdate(
                    round: round,
                    digest: digest(round, number),
                    header: header.span.bytes,
                    values: values.span.bytes
                )
            }
            gone += try store.putModel(
                round: round,
                digest: digest(round, 9),
                header: header.span.bytes,
                values: model.span.bytes
            )
        }
        return gone
    }

    private static func files(below url: URL) -> [String] {
        let all = FileManager.default.enumerator(atPath: url.path)?.allObjects as? [String] ?? []
        return all.filter { $0.hasSuffix(".safetensors") }
    }

    @Test("Under the rule all, every update and model is there with the bytes that were put")
    func all() throws {
        try RunSamples.withFolder { parent in
            var store = try BlobStore(RunFolder(at: parent))
            #expect(try Self.fill(&store).isEmpty)
            #expect(store.retainedRounds == Array(1...10))
            #expect(store.storedBytes == 10 * 300 + 11 * 50)
            #expect(Self.files(below: parent).count == 41)
            let file = try store.openUpdate(round: 7, digest: Self.digest(7, 2))
            let bytes = file.withUnsafeBytes { Array($0) }
            #expect(bytes == [UInt8](repeating: 1, count: 20) + [UInt8](repeating: 2, count: 80))
            #expect(try store.openModel(Self.digest(0, 9)).count == 50)
            #expect(throws: RunError(.missing, "")) { try store.openModel(Self.digest(3, 3)) }
            #expect(
                store.updatePath(round: 7, digest: Self.digest(7, 2))
                    .hasSuffix("updates/000007/\(Self.digest(7, 2).hex).safetensors")
            )
        }
    }

    @Test("The last rounds are kept with the models they start from and lead to")
    func lastRounds() throws {
        try RunSamples.withFolder { parent in
            var store = try BlobStore(RunFolder(at: parent), rule: .lastRounds(3))
            let gone = try Self.fill(&store)
            #expect(gone.map(\.round) == Array(1...7))
            #expect(gone.allSatisfy { $0.cause == .rule && $0.byteCount == 300 })
            #expect(store.retainedRounds == [8, 9, 10])
            #expect((0...10).filter { store.holdsModel(Self.digest($0, 9)) } == [6, 7, 8, 9, 10])
            #expect(Self.files(below: parent).count == 9 + 5)
            #expect(store.storedBytes == 900 + 250)
            #expect(store.retention.retiredByBudget.isEmpty)
        }
    }

    @Test("Server states go with the models of their rounds, count against the budget, and are checked when read")
    func serverStates() throws {
        try RunSamples.withFolder { parent in
            var store = try BlobStore(RunFolder(at: parent), rule: .lastRounds(1), diskBudgetBytes: 10_000)
            let bytes = [UInt8](repeating: 5, count: 20)
            for round in 1...5 {
                _ = try store.putUpdate(
                    round: round,
                    digest: Self.digest(round, 0),
                    header: bytes.span.bytes,
                    values: bytes.span.bytes
                )
                _ = try store.putModel(
                    round: round,
                    digest: Self.digest(round, 9),
                    header: bytes.span.bytes,
                    values: bytes.span.bytes
                )
                try store.putServerState(round: round, bytes: [UInt8(round)])
            }
            #expect(store.storedBytes == 40 + 3 * 40 + 3)
            #expect(try BlobStore(RunFolder(at: parent)).storedBytes == store.storedBytes)
            #expect(throws: RunError(.missing, "")) { try store.serverState(SHA256.hash([2]), limit: 9) }
            #expect(try store.serverState(SHA256.hash([3]), limit: 9) == [3])
            try Data([9]).write(to: URL(fileURLWithPath: store.serverStatePath(SHA256.hash([3]))))
            #expect(throws: RunError(.malformed, "")) { try store.serverState(SHA256.hash([3]), limit: 9) }
        }
    }

    @Test("Under the rule none, only the newest model is kept")
    func none() throws {
        try RunSamples.withFolder { parent in
            var store = try BlobStore(RunFolder(at: parent), rule: .none)
            #expect(try Self.fill(&store).isEmpty)
            #expect(store.retainedRounds.isEmpty)
            #expect(Self.files(below: parent) == ["models/\(Self.digest(10, 9).hex).safetensors"])
        }
    }

    @Test("Within every budget the newest rounds that fit are kept whole, and the rest is recorded", arguments: 0..<60)
    func budgets(_ step: Int) throws {
        try RunSamples.withFolder { parent in
            let budget = UInt64(step * 70)
            var store = try BlobStore(RunFolder(at: parent), rule: .all, diskBudgetBytes: budget)
            let gone = try Self.fill(&store)
            #expect(gone.allSatisfy { $0.cause == .budget })
            #expect(store.storedBytes <= max(budget, 100))
            let kept = store.retainedRounds
            #expect(kept == Array(10 - kept.count + 1..<11))
            #expect(Set(gone.map(\.round)) == Set(1..<11).subtracting(kept))
            #expect(store.retention.retiredByBudget == (1..<11).filter { !kept.contains($0) })
            for round in kept {
                #expect(store.holdsModel(Self.digest(round - 1, 9)) && store.holdsModel(Self.digest(round, 9)))
                #expect(store.holdsModel(Self.digest(max(round - 2, 0), 9)))
                for number in 0..<3 { _ = try store.openUpdate(round: round, digest: Self.digest(round, number)) }
            }
            #expect(try BlobStore(RunFolder(at: parent)).storedBytes == store.storedBytes)
            #expect(try BlobStore(RunFolder(at: parent)).retainedRounds == kept)
        }
    }

    @Test("Putting the same blob twice counts it once; another of the same name is refused")
    func twice() throws {
        try RunSamples.withFolder { parent in
            var store = try BlobStore(RunFolder(at: parent))
            let bytes = [UInt8](repeating: 4, count: 10)
            let digest = Self.digest(1, 1)
            for _ in 0..<2 {
                _ = try store.putUpdate(round: 1, digest: digest, header: bytes.span.bytes, values: bytes.span.bytes)
            }
            #expect(store.storedBytes == 20)
            #expect(throws: RunError(.conflictingBlob, "")) {
                try store.putUpdate(round: 1, digest: digest, header: bytes.span.bytes, values: [UInt8]().span.bytes)
            }
        }
    }

    @Test("A retention rule reads back from its text, and others are refused")
    func ruleText() throws {
        for rule in [RetentionRule.all, .none, .lastRounds(20)] {
            #expect(try RetentionRule(rule.description) == rule)
        }
        for text in ["", "last", "last 0", "last -1", "last 1 2", "some", "all all"] {
            #expect(throws: RunError(.malformed, "")) { try RetentionRule(text) }
        }
    }
}
