import Aggregation
import Attestation
import Federation
import Ledger
import Tensors
import Testing

@Suite("Checking an update")
struct UpdateVerifierTests {
    private let layout: ParameterLayout
    private let verifier: UpdateVerifier
    private let values: [Float] = [0.5, -0.25, 0, 0x1p-24]
    /// Squares of those in steps of 2^-24: 2^46, 2^44, 0 and 1.
    private static let squaredNorm: UInt128 = 87_960_930_222_081

    init() throws {
        layout = try ParameterLayout([("w", [2, 2])])
        verifier = UpdateVerifier(blob: ParameterBlob(layout: layout), grid: .standard)
    }

    private func update(_ values: [Float], _ layout: ParameterLayout? = nil) -> SharedParameterSet {
        SharedParameterSet(ParameterSet(layout: layout ?? self.layout, values: ParameterBuffer(values)))
    }

    /// A statement that names the update's true digest.
    private func statement(
        _ update: SharedParameterSet, samples: UInt64 = 10, possession: Digest? = nil
    ) throws -> ContributionStatement {
        let blob = ParameterBlob(layout: update.parameters.layout)
        let task = Fixtures.digest("task")
        return ContributionStatement(
            task: task,
            round: 1,
            participantKey: try Fixtures.key(0).publicKey,
            baseModel: Fixtures.digest("model"),
            configuration: task,
            update: blob.digest(of: update.parameters, threads: 1),
            parameterCount: 4,
            sampleCount: samples,
            stepCount: 1,
            nonce: [UInt8](repeating: 0, count: ContributionStatement.nonceByteCount),
            previousContribution: .zero,
            ledgerRootSeen: .zero,
            possession: try possession ?? blob.possession(of: update.parameters, by: Fixtures.key(0).publicKey)
        )
    }

    private func reason(
        _ update: SharedParameterSet,
        claiming claimed: SharedParameterSet? = nil,
        samples: UInt64 = 10,
        threads: Int = 1
    ) throws -> RefusalReason? {
        let statement = try statement(claimed ?? update, samples: samples)
        let signed = try statement.signed(by: Fixtures.key(0))
        switch verifier.verify(signed, statement: statement, update: update, threads: threads) {
        case .success: return nil
        case .failure(let fault):
            #expect(!fault.detail.isEmpty)
            return fault.reason
        }
    }

    @Test(
        "A sound update passes, with its values and its squared length, whatever its stated examples",
        arguments: [1, 2])
    func sound(threads: Int) throws {
        let update = update(values)
        for samples in [0, 77, 1 << 30, .max] as [UInt64] {
            let statement = try statement(update, samples: samples)
            let signed = try statement.signed(by: Fixtures.key(0))
            let checked = try verifier.verify(signed, statement: statement, update: update, threads: threads).get()
            #expect(checked.weight == 0, "the round decides what it weighs")
            #expect(checked.parameters === update)
            #expect(checked.grid == .standard)
            #expect(checked.squaredNorm == Self.squaredNorm)
        }
    }

    @Test("A signature of another key, over other bytes, damaged or of another length is refused")
    func signatures() throws {
        let update = update(values)
        let statement = try statement(update)
        let signed = try statement.signed(by: Fixtures.key(0))
        var damaged = signed.signature
        damaged[10] ^= 1
        let other = try self.statement(update, samples: 11).signed(by: Fixtures.key(0))
        let bad = [
            try statement.signed(by: Fixtures.key(1)),
            SignedContribution(statementBytes: signed.statementBytes, signature: other.signature),
            SignedContribution(statementBytes: other.statementBytes, signature: signed.signature),
            SignedContribution(statementBytes: signed.statementBytes, signature: damaged),
            SignedContribution(statementBytes: signed.statementBytes, signature: []),
            SignedContribution(statementBytes: signed.statementBytes, signature: signed.signature + [0]),
        ]
        for contribution in bad {
            guard case .failure(let fault) = verifier.verify(contribution, statement: statement, update: update) else {
                Issue.record("a bad signature passed")
                continue
            }
            #expect(fault.reason == .badSignature)
        }
    }

    @Test("Values that are not finite are refused as such", arguments: [.nan, .infinity, -.infinity] as [Float])
    func notFinite(value: Float) throws {
        for place in 0..<4 {
            var values = values
            values[place] = value
            #expect(try reason(update(values)) == .notFinite)
        }
    }

    @Test(
        "Values off the grid are refused as such",
        arguments: [0x1p-25, 1, -1, -0.0, 0.1, 1e30, .leastNonzeroMagnitude] as [Float]
    )
    func offGrid(value: Float) throws {
        for place in 0..<4 {
            var values = values
            values[place] = value
            #expect(try reason(update(values)) == .offGrid)
        }
    }

    @Test("The ends of the grid are on it")
    func ends() throws {
        #expect(try reason(update([Grid.standard.largest, -Grid.standard.largest, 0x1p-24, -0x1p-24])) == nil)
    }

    @Test("Another layout is a bad shape")
    func shape() throws {
        for other in [
            try ParameterLayout([("w", [4])]), try ParameterLayout([("v", [2, 2])]),
            try ParameterLayout([("w", [2]), ("b", [2])]),
        ] {
            #expect(try reason(update(values, other)) == .badShape)
        }
        #expect(try reason(update([0.5], ParameterLayout([("w", [1])]))) == .badShape)
    }

    @Test("Other values than those that were signed do not have the digest")
    func digest() throws {
        for place in 0..<4 {
            var other = values
            other[place] += 0x1p-20
            #expect(try reason(update(other), claiming: update(values)) == .digestMismatch)
        }
    }

    @Test("An update that somebody else sent, or nobody vouches for, is refused: an upload counts for who sent it")
    func possession() throws {
        let update = update(values)
        let other = verifier.blob.possession(of: update.parameters, by: try Fixtures.key(1).publicKey)
        for possession in [other, .zero, verifier.blob.digest(of: update.parameters, threads: 1)] {
            let statement = try statement(update, possession: possession)
            let signed = try statement.signed(by: Fixtures.key(0))
            guard case .failure(let fault) = verifier.verify(signed, statement: statement, update: update) else {
                return #expect(Bool(false), "another's possession passed")
            }
            #expect(fault.reason == .digestMismatch && fault.detail == UpdateVerifier.possessionDetail)
        }
    }
}
