import Attestation
import Foundation
import Ledger
import Testing

@Suite("The journal")
struct JournalTests {
    private func journal(_ store: any LedgerStore = InMemoryLedgerStore()) throws -> Journal {
        try Journal.create(store: store, signer: LedgerFixture.signer(), genesis: LedgerFixture.genesis(), timeMs: 1)
    }

    private func registrations(_ numbers: Range<Int>) throws -> [EntryBody] {
        try numbers.map { .participantRegistered(ParticipantRegistered(publicKey: try LedgerFixture.key($0))) }
    }

    @Test("A new log has its genesis and its grants; there is no second one in the same store")
    func create() throws {
        let store = InMemoryLedgerStore()
        let journal = try journal(store)
        #expect(journal.count == 2)
        #expect(journal.state.supply == 50_000_000)
        #expect(!journal.state.hasDue)
        #expect(throws: LedgerError(.logExists, "")) { try self.journal(store) }
    }

    @Test("Only the key that the genesis entry names may keep the log")
    func wrongKey() throws {
        let store = InMemoryLedgerStore()
        _ = try journal(store)
        let other = try NoteSigner(name: LedgerFixture.origin, key: LedgerFixture.signingKey(1))
        let renamed = try NoteSigner(name: "example.org/other", key: LedgerFixture.signingKey(999))
        for signer in [other, renamed] {
            #expect(throws: LedgerError(.wrongKey, "")) { try Journal.open(store: store, signer: signer) }
            #expect(throws: LedgerError(.wrongKey, "")) {
                try Journal.create(
                    store: InMemoryLedgerStore(),
                    signer: signer,
                    genesis: LedgerFixture.genesis(),
                    timeMs: 1
                )
            }
        }
        #expect(throws: LedgerError(.notGenesis, "")) {
            try Journal.open(store: InMemoryLedgerStore(), signer: LedgerFixture.signer())
        }
    }

    @Test("A body proposed twice is written once and answered with its entry, after reopening too")
    func idempotence() throws {
        let store = InMemoryLedgerStore()
        let first = try journal(store)
        let bodies = try registrations(0..<3)
        let results = try first.append(bodies + bodies, timeMs: 2)
        #expect(results.map(\.outcome) == [.appended, .appended, .appended, .exists, .exists, .exists])
        #expect(results.map(\.sequence) == [2, 3, 4, 2, 3, 4])
        let second = try Journal.open(store: store, signer: LedgerFixture.signer())
        #expect(try second.append(bodies, timeMs: 3).map(\.outcome) == [.exists, .exists, .exists])
        #expect(second.count == 5)
        #expect(second.root == first.root)
    }

    @Test("Where one body of a batch is refused, those before it are written and the error names it")
    func refusedInBatch() throws {
        let store = InMemoryLedgerStore()
        let journal = try journal(store)
        var bodies = try registrations(0..<4)
        bodies[2] = .participantRegistered(ParticipantRegistered(publicKey: try LedgerFixture.key(0), label: "again"))
        do throws(LedgerError) {
            _ = try journal.append(bodies, timeMs: 2)
            Issue.record("the batch was accepted")
        } catch {
            #expect(error.code == .participantExists)
            #expect(error.bodyIndex == 2)
            #expect(error.sequence == 4)
        }
        #expect(journal.count == 4)
        #expect(store.count == 4)
        #expect(try journal.append(Array(bodies[3...]), timeMs: 2).map(\.sequence) == [4])
    }

    @Test("A clock that was set back does not stop the log")
    func clock() throws {
        let journal = try journal()
        try journal.append(registrations(0..<1), timeMs: 1_000)
        try journal.append(registrations(1..<2), timeMs: 500)
        #expect(try journal.entries(in: 2..<4).map(\.entry.timeMs) == [1_000, 1_000])
    }

    @Test("A whole task through the journal: everything due is appended, and reopening gives the same state")
    func wholeTask() throws {
        let folder = try LedgerFolder()
        let journal = try journal(try SQLiteLedgerStore(path: folder.path(), access: .create))
        let history = try HistoryWriter.everything()
        for entry in history.entries.dropFirst(2) {
            try journal.append([entry.entry.body], timeMs: entry.entry.timeMs)
            if journal.count < UInt64(history.entries.count) { try journal.appendDue(timeMs: entry.entry.timeMs) }
        }
        #expect(journal.count == UInt64(history.entries.count))
        #expect(journal.state.snapshot == history.state.snapshot)
        let note = try journal.checkpoint()
        try journal.close()
        #expect(throws: LedgerError(.poisoned, "")) { try journal.append([], timeMs: 9) }
        #expect(try folder.names == ["ledger.sqlite"])
        let again = try Journal.open(
            store: SQLiteLedgerStore(path: folder.path(), access: .readWrite),
            signer: LedgerFixture.signer(),
            lastCheckpoint: note
        )
        #expect(again.root == journal.root)
        #expect(again.state.tasks == journal.state.tasks)
        #expect(try again.checkpoint().encoded == note.encoded)
    }

    @Test("A log that lost entries since its last checkpoint, or has others, does not start")
    func lostEntries() throws {
        let store = InMemoryLedgerStore()
        let journal = try journal(store)
        try journal.append(registrations(0..<3), timeMs: 2)
        let note = try journal.checkpoint()
        let entries = try store.entries(in: 0..<100)
        let balances = try store.balances()
        let shorter = InMemoryLedgerStore(entries: Array(entries.dropLast()), balances: balances)
        #expect(throws: LedgerError(.shorterThanCheckpoint, "")) {
            try Journal.open(store: shorter, signer: LedgerFixture.signer(), lastCheckpoint: note)
        }
        try shorter.appendCheckpoint(Array(note.encoded.utf8), size: 5)
        #expect(throws: LedgerError(.shorterThanCheckpoint, "")) {
            try Journal.open(store: shorter, signer: LedgerFixture.signer())
        }
        let other = InMemoryLedgerStore()
        try self.journal(other).append(registrations(3..<6), timeMs: 2)
        #expect(throws: LedgerError(.inconsistentWithCheckpoint, "")) {
            try Journal.open(store: other, signer: LedgerFixture.signer(), lastCheckpoint: note)
        }
        try store.appendCheckpoint(Array("nonsense".utf8), size: 5)
        #expect(throws: LedgerError(.badCheckpoint, "")) {
            try Journal.open(store: store, signer: LedgerFixture.signer())
        }
    }

    @Test("After an I/O error the journal takes nothing more")
    func poison() throws {
        let store = FailingStore()
        let journal = try journal(store)
        store.fails = true
        #expect(throws: LedgerError(.storeFailed, "")) { try journal.append(self.registrations(0..<1), timeMs: 2) }
        store.fails = false
        #expect(throws: LedgerError(.poisoned, "")) { try journal.append(self.registrations(1..<2), timeMs: 3) }
        #expect(throws: LedgerError(.poisoned, "")) { try journal.checkpoint() }
        #expect(throws: LedgerError(.poisoned, "")) { try journal.entry(at: 0) }
        let again = try Journal.open(store: store, signer: LedgerFixture.signer())
        #expect(again.count == 2)
    }

    @Test("Proofs of the journal verify against its root and an earlier one")
    func proofs() throws {
        let journal = try journal()
        let (oldRoot, oldCount) = (journal.root, journal.count)
        try journal.append(registrations(0..<9), timeMs: 2)
        for sequence in 0..<journal.count {
            try MerkleProof.verifyInclusion(
                leafHash: try journal.entry(at: sequence).leafHash,
                index: sequence,
                size: journal.count,
                proof: try journal.inclusionProof(sequence: sequence),
                root: journal.root
            )
        }
        try MerkleProof.verifyConsistency(
            from: oldCount,
            to: journal.count,
            proof: try journal.consistencyProof(from: oldCount),
            oldRoot: oldRoot,
            newRoot: journal.root
        )
        for wrong in [journal.count, .max] {
            #expect(throws: LedgerError(.unknownEntry, "")) { try journal.inclusionProof(sequence: wrong) }
            #expect(throws: LedgerError(.unknownEntry, "")) { try journal.entry(at: wrong) }
        }
        #expect(throws: LedgerError(.unknownEntry, "")) { try journal.consistencyProof(from: 0) }
    }
}

/// A store whose disk fails on demand.
private final class FailingStore: LedgerStore {
    var fails = false
    private let store = InMemoryLedgerStore()

    var count: UInt64 { store.count }

    func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
        if fails { throw LedgerError(.storeFailed, "the disk is full") }
        try store.append(entries, balances: balances)
    }

    func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] { try store.entries(in: range) }
    func balances() throws(LedgerError) -> [StoredBalance] { try store.balances() }

    func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
        try store.appendCheckpoint(note, size: size)
    }

    func lastCheckpoint() throws(LedgerError) -> [UInt8]? { try store.lastCheckpoint() }
    func close() throws(LedgerError) {}
}
