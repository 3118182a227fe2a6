import Attestation
import Ledger
import TestSupport
import Testing

@Suite("Statements and receipts")
struct ReadingTests {
    private func journal() throws -> Journal {
        let history = try HistoryWriter.everything()
        return try Journal.open(store: history.store, signer: LedgerFixture.signer())
    }

    @Test("A statement has every transfer of the account, with balances that end at the account's")
    func statement() throws {
        let journal = try journal()
        for (name, balance) in journal.state.accounts.all {
            let statement = try journal.statement(of: name)
            var running: Int64 = 0
            for line in statement.lines {
                running += line.change
                #expect(line.balance == running)
                #expect(line.counterpart != name)
            }
            #expect(Int128(running) == balance.posted)
            let last = try journal.statement(of: name, last: 2)
            #expect(last.lines == Array(statement.lines.suffix(2)))
        }
        let earned = try journal.statement(of: .participant(LedgerFixture.key(1)))
        #expect(earned.lines.allSatisfy { $0.kind == .reward && $0.change > 0 && $0.period == 0 && $0.task != nil })
        #expect(try journal.statement(of: AccountName("sponsor/nobody")).lines.isEmpty)
    }

    @Test("Every entry's receipt reads back, and verifies with the log's key alone")
    func receipts() throws {
        let journal = try journal()
        for sequence in 0..<journal.count {
            let receipt = try journal.receipt(sequence: sequence)
            let read = try Receipt(decoding: Array(receipt.encoded.utf8))
            #expect(read.encoded == receipt.encoded)
            let verifier = try NoteVerifier(vkey: LedgerFixture.signer().verifier.vkey)
            let verified = try read.verified(by: verifier)
            #expect(verified.entry == (try journal.entry(at: sequence)))
            #expect(verified.checkpoint.size == journal.count)
        }
    }

    @Test("A receipt is refused with another key, another entry, another place or another proof")
    func refusedReceipts() throws {
        let journal = try journal()
        let receipt = try journal.receipt(sequence: 7)
        let verifier = try LedgerFixture.signer().verifier
        let other = try NoteVerifier(name: LedgerFixture.origin, publicKey: LedgerFixture.key(1))
        #expect(throws: LedgerError(.badCheckpoint, "")) { try receipt.verified(by: other) }
        func changed(entry: [UInt8]? = nil, index: UInt64? = nil, proof: [Digest]? = nil) -> Receipt {
            Receipt(
                entry: entry ?? receipt.entry,
                index: index ?? receipt.index,
                proof: proof ?? receipt.proof,
                checkpoint: receipt.checkpoint
            )
        }
        for wrong in [
            changed(entry: try journal.entry(at: 8).bytes), changed(index: 8), changed(index: .max),
            changed(proof: []), changed(proof: receipt.proof.reversed()), changed(proof: receipt.proof + [.zero]),
        ] { #expect(throws: LedgerError(.receiptRefused, "")) { try wrong.verified(by: verifier) } }
    }

    @Test("Hostile bytes are no receipt, or one that reads back the same and proves nothing new")
    func fuzz() throws {
        let journal = try journal()
        let verifier = try LedgerFixture.signer().verifier
        let seeds = try [UInt64(0), 7, 30].map { Array(try journal.receipt(sequence: $0).encoded.utf8) }
        var mutator = Mutator(seed: 19)
        for _ in 0..<Mutator.inputCount {
            let bytes = mutator.mutate(seeds)
            do throws(LedgerError) {
                let receipt = try Receipt(decoding: bytes)
                #expect(Array(receipt.encoded.utf8) == bytes)
                let entry = try receipt.verified(by: verifier).entry
                #expect(try entry == journal.entry(at: receipt.index))
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}
