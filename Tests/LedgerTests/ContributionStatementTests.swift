import Attestation
import Ledger
import TestSupport
import Testing

@Suite("What participants sign")
struct ContributionStatementTests {
    private func statement() throws -> ContributionStatement {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task()
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        return try writer.statement(1, task: task.task)
    }

    @Test("A statement reads back as it was written, and its digest is SHA-256 of its bytes")
    func roundTrip() throws {
        let statement = try statement()
        #expect(try ContributionStatement(decoding: statement.encoded) == statement)
        #expect(statement.digest == SHA256.hash(statement.encoded))
    }

    @Test("A signature holds for the participant's key over the prefixed bytes, and for nothing else")
    func signature() throws {
        let statement = try statement()
        let signed = try statement.signed(by: LedgerFixture.signingKey(1))
        #expect(try signed.verified() == statement)
        let message = Array("tributary/contribution/v1".utf8) + [0] + statement.encoded
        #expect(try LedgerFixture.key(1).isValidSignature(signed.signature, for: message))
        #expect(throws: LedgerError(.badSignature, "")) {
            try statement.signed(by: LedgerFixture.signingKey(2)).verified()
        }
        for length in [0, 63, 65] {
            let signature = Array((signed.signature + signed.signature).prefix(length))
            let broken = SignedContribution(statementBytes: signed.statementBytes, signature: signature)
            #expect(throws: LedgerError(.badSignature, "")) { try broken.verified() }
        }
        for place in signed.statementBytes.indices {
            var bytes = signed.statementBytes
            bytes[place] ^= 0x10
            let changed = SignedContribution(statementBytes: bytes, signature: signed.signature)
            #expect(throws: LedgerError.self) { try changed.verified() }
        }
    }

    @Test("Statements of another length, with further fields, or past their limit are refused")
    func strictness() throws {
        let bytes = try statement().encoded
        for wrong in [[], bytes + [0x70, 1], bytes + [0], Array(bytes.dropLast()), Array(bytes.dropFirst(34))] {
            #expect(throws: LedgerError(.malformedStatement, "")) { try ContributionStatement(decoding: wrong) }
        }
        let long = [UInt8](repeating: 0, count: LedgerLimits.statementByteCount + 1)
        #expect(throws: LedgerError(.malformedStatement, "")) { try ContributionStatement(decoding: long) }
    }

    @Test("Hostile bytes give a statement that writes back the same, or a typed error")
    func fuzz() throws {
        let seeds = [try statement().encoded]
        var mutator = Mutator(seed: 13, byteLimit: 4_096)
        for _ in 0..<Mutator.inputCount {
            let bytes = mutator.mutate(seeds)
            do throws(LedgerError) {
                #expect(try ContributionStatement(decoding: bytes).encoded == bytes)
            } catch {
                #expect(error.code == .malformedStatement)
            }
        }
    }
}
