import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Testing

@Suite("Checking an update's file without holding it")
struct UpdateScanTests {
    /// Models of a few values up to some pieces of 65,536, just below and above their ends.
    static let counts = [1, 4, 65_535, 65_536, 65_537, 200_001]

    private static func blob(_ count: Int) throws -> ParameterBlob {
        ParameterBlob(layout: try ParameterLayout([("w", [count])]))
    }

    private static func bytes(_ blob: ParameterBlob, _ values: [Float]) -> [UInt8] {
        blob.header + values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }

    /// What the verifier says of the same bytes, with a signature, a digest and a possession that are right: the
    /// update's squared length, or what is wrong.
    private static func verdict(
        _ blob: ParameterBlob, _ bytes: [UInt8]
    ) throws -> Result<UInt128, ContributionFault> {
        let update: SharedParameterSet
        do {
            update = try bytes.withUnsafeBytes { SharedParameterSet(try blob.parameters(from: $0)) }
        } catch let error as FederationError {
            return .failure(ContributionFault(.badShape, error.message))
        }
        let task = Fixtures.digest("task")
        let statement = ContributionStatement(
            task: task, round: 1, participantKey: try Fixtures.key(0).publicKey, baseModel: Fixtures.digest("model"),
            configuration: task, update: blob.digest(of: update.parameters, threads: 1),
            parameterCount: UInt64(blob.layout.count), sampleCount: 10, stepCount: 1,
            nonce: [UInt8](repeating: 0, count: ContributionStatement.nonceByteCount), previousContribution: .zero,
            ledgerRootSeen: .zero, possession: blob.possession(of: update.parameters, by: try Fixtures.key(0).publicKey)
        )
        let verifier = UpdateVerifier(blob: blob, grid: .standard)
        return verifier.verify(try statement.signed(by: Fixtures.key(0)), statement: statement, update: update)
            .map(\.squaredNorm)
    }

    private static func expectAgreement(_ blob: ParameterBlob, _ bytes: [UInt8], isSound: Bool) throws {
        let expected = try verdict(blob, bytes)
        #expect(((try? expected.get()) != nil) == isSound)
        for threads in [1, 2, 3] {
            let found = try UpdateScan(blob: blob, grid: .standard).scan(MemoryBlob(bytes), threads: threads)
            #expect(found == expected)
        }
    }

    @Test("A sound file passes, and one bad value anywhere has the verifier's reason and words", arguments: counts)
    func badValues(count: Int) throws {
        let blob = try Self.blob(count)
        var generator = SeededGenerator(seed: 1, stream: "scan", count)
        let sound = (0..<count).map { _ in Float(generator.nextIndex(below: 1 << 20)) * 0x1p-24 }
        try Self.expectAgreement(blob, Self.bytes(blob, sound), isSound: true)
        let bad: [Float] = [.nan, .infinity, -.infinity, -0.0, 0x1p-25, 1, -1, 1e30]
        for place in Set([0, count / 2, count - 1, min(count - 1, 65_535), min(count - 1, 65_536)]) {
            var values = sound
            values[place] = bad[generator.nextIndex(below: bad.count)]
            try Self.expectAgreement(blob, Self.bytes(blob, values), isSound: false)
        }
    }

    @Test("The squared length is the sum of the squares of the grid's integers, whatever the number of threads")
    func norms() throws {
        for count in Self.counts {
            let blob = try Self.blob(count)
            var generator = SeededGenerator(seed: 3, stream: "scan", count)
            let steps: [Int] = (0..<count).map { _ in generator.nextIndex(below: 33_554_431) - 16_777_215 }
            let bytes = Self.bytes(blob, steps.map { Float($0) * 0x1p-24 })
            let expected: UInt128 = steps.reduce(0) { sum, step in sum + UInt128(step * step) }
            for threads in [1, 2, 3] {
                let found = try UpdateScan(blob: blob, grid: .standard).scan(MemoryBlob(bytes), threads: threads)
                #expect(try found.get() == expected)
            }
        }
        let blob = try Self.blob(3)
        let zeros = MemoryBlob(Self.bytes(blob, [0, 0, 0]))
        #expect(try UpdateScan(blob: blob, grid: .standard).scan(zeros, threads: 1).get() == 0)
    }

    @Test("The possession of a file is that of its values in memory: SHA-256 of key and bytes")
    func possession() throws {
        let keys = try (0..<2).map { try Fixtures.key($0).publicKey }
        for count in Self.counts {
            let blob = try Self.blob(count)
            let values = (0..<count).map { Float($0 % 1_000) * 0x1p-24 }
            let bytes = Self.bytes(blob, values)
            let set = ParameterSet(layout: blob.layout, values: ParameterBuffer(values))
            for key in keys {
                let expected = SHA256.hash(key.withUnsafeBytes { Array($0) } + bytes)
                #expect(try MemoryBlob(bytes).possession(by: key) == expected)
                #expect(blob.possession(of: set, by: key) == expected)
                #expect(ContributionStatement.possession(of: bytes, by: key) == expected)
            }
        }
    }

    @Test("Of several bad values the first is named, whatever the number of threads")
    func several() throws {
        let blob = try Self.blob(300_000)
        var generator = SeededGenerator(seed: 2, stream: "scan")
        for _ in 0..<10 {
            var values = [Float](repeating: 0, count: 300_000)
            for _ in 0..<4 { values[generator.nextIndex(below: values.count)] = generator.nextUnit() < 0.5 ? .nan : 2 }
            try Self.expectAgreement(blob, Self.bytes(blob, values), isSound: false)
        }
    }

    @Test("Another length or another header is a bad shape, in the verifier's words")
    func shape() throws {
        let blob = try Self.blob(1_000)
        let sound = Self.bytes(blob, [Float](repeating: 0.5, count: 1_000))
        for bytes in [[], Array(sound.dropLast()), sound + [0], Array(sound.prefix(blob.header.count))] {
            try Self.expectAgreement(blob, bytes, isSound: false)
        }
        for place in [0, 8, blob.header.count / 2, blob.header.count - 1] {
            var bytes = sound
            bytes[place] ^= 1
            try Self.expectAgreement(blob, bytes, isSound: false)
        }
    }

    @Test(
        "A file that cannot be read is an error, and nobody's contribution is blamed for it", arguments: [0, 300_000])
    func unreadable(failing offset: Int) throws {
        let blob = try Self.blob(200_000)
        let bytes = Self.bytes(blob, [Float](repeating: 0.5, count: 200_000))
        for threads in [1, 2] {
            #expect(throws: FederationError(.unusableUpdate, "")) {
                try UpdateScan(blob: blob, grid: .standard).scan(
                    FailingBlob(MemoryBlob(bytes), from: offset), threads: threads)
            }
        }
    }
}

/// A file whose bytes from a place on the disk no longer gives.
struct FailingBlob: BlobReading {
    private let whole: MemoryBlob
    private let firstLost: Int

    init(_ whole: MemoryBlob, from firstLost: Int) {
        self.whole = whole
        self.firstLost = firstLost
    }

    var byteCount: Int { whole.byteCount }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
        guard offset + buffer.count <= firstLost else { throw FederationError(.unusableUpdate, "input/output error") }
        try whole.read(into: buffer, at: offset)
    }
}
