import Attestation
import Ledger
import Testing

@Suite("Replay finds the first wrong entry")
struct ReplayTests {
    /// A history of 60 entries or more.
    private let history: HistoryWriter
    private let stored: [StoredEntry]
    private let balances: [StoredBalance]

    init() throws {
        history = try HistoryWriter.everything()
        stored = history.entries.map { StoredEntry(bytes: $0.bytes, leafHash: $0.leafHash) }
        balances = try history.store.balances()
        #expect(stored.count >= 60)
    }

    @Test("A right log replays to the same state, root and balances with any number of threads")
    func right() throws {
        var tree = MerkleTree()
        tree.append(contentsOf: stored.map(\.leafHash))
        for threads in 1...3 {
            let report = Replay.run(store: history.store, threads: threads)
            #expect(report.fault == nil)
            #expect(report.count == UInt64(stored.count))
            #expect(report.root == tree.root)
            #expect(report.state.snapshot == history.state.snapshot)
        }
    }

    @Test("One flipped byte anywhere in any entry is found, and the entry named")
    func flippedBytes() throws {
        for (index, entry) in stored.enumerated() {
            for place in entry.bytes.indices {
                var changed = stored
                var bytes = entry.bytes
                bytes[place] ^= 0x01
                changed[index] = StoredEntry(bytes: bytes, leafHash: entry.leafHash)
                let report = Replay.run(
                    store: InMemoryLedgerStore(entries: Array(changed[...index])),
                    verifySignatures: false,
                    threads: 1
                )
                guard report.fault?.sequence == UInt64(index) else {
                    Issue.record("byte \(place) of entry \(index): \(String(describing: report.fault))")
                    return
                }
            }
        }
    }

    @Test("A forged entry, its id and leaf hash made to fit, is found by the rules, a signature or the chain")
    func forgedEntries() throws {
        var state = LedgerState()
        for (entry, next) in zip(history.entries, history.entries.dropFirst()) {
            let idStart = try #require(entry.bytes.firstRange(of: entry.entry.id.bytes)).lowerBound
            for place in entry.bytes.indices {
                var bytes = entry.bytes
                bytes[place] ^= 0x40
                if place >= idStart + EntryID.byteCount {
                    let body = bytes[(idStart + EntryID.byteCount)...]
                    let id = SHA256.hash(Array("tributary/entry/v1".utf8) + [0] + body).bytes.prefix(EntryID.byteCount)
                    bytes.replaceSubrange(idStart..<idStart + EntryID.byteCount, with: id)
                }
                guard let forged = try? EncodedEntry(decoding: bytes) else { continue }
                var changed = state
                guard (try? SignatureCheck.verify(forged.entry.body)) != nil,
                    (try? LedgerRules.apply(forged, to: &changed)) != nil
                else { continue }
                // What no rule derives may be right in itself; then the next entry no longer follows on it.
                #expect(throws: LedgerError(.wrongPrevious, "")) { try LedgerRules.apply(next, to: &changed) }
            }
            try LedgerRules.apply(entry, to: &state)
        }
    }

    @Test("A wrong leaf hash beside right bytes is named")
    func leafColumn() throws {
        for index in stored.indices {
            var changed = stored
            changed[index] = StoredEntry(bytes: stored[index].bytes, leafHash: .zero)
            let fault = try #require(Replay.run(store: InMemoryLedgerStore(entries: changed), threads: 1).fault)
            #expect(fault.error.code == .leafMismatch)
            #expect(fault.sequence == UInt64(index))
        }
    }

    @Test("A contribution that somebody else signed is found where signatures are checked, and only there")
    func signatures() throws {
        var writer = try HistoryWriter(participants: 2)
        let task = LedgerFixture.task()
        try writer.open(task)
        try writer.openRound(task.task, cohort: [0, 1])
        try writer.accept(0, task: task.task)
        let statement = try writer.statement(1, task: task.task)
        try writer.add(
            .contributionAccepted(
                try ContributionAccepted(statement.signed(by: LedgerFixture.signingKey(0)), squaredNorm: 1))
        )
        let sequence = writer.state.count - 1
        try writer.finishRound(task.task)
        let fault = try #require(Replay.run(store: writer.store, threads: 2).fault)
        #expect(fault.error.code == .badSignature)
        #expect(fault.sequence == sequence)
        #expect(Replay.run(store: writer.store, verifySignatures: false, threads: 2).fault == nil)
    }

    @Test("Of two wrong entries the first is named, with any number of threads")
    func first() throws {
        var changed = stored
        for index in [50, 20] { changed[index] = StoredEntry(bytes: [1, 2, 3], leafHash: .zero) }
        for threads in 1...3 {
            let report = Replay.run(store: InMemoryLedgerStore(entries: changed), threads: threads)
            #expect(report.fault?.sequence == 20)
            #expect(report.count == 20)
        }
    }

    @Test("Balances that the entries do not give are found")
    func wrongBalances() throws {
        var wrong = balances
        wrong[1] = StoredBalance(account: wrong[1].account, balance: AccountBalance(creditsPosted: 1))
        for balances in [
            wrong, Array(balances.dropLast()),
            balances + [
                StoredBalance(account: try AccountName("sponsor/zz"), balance: AccountBalance(creditsPosted: 1))
            ],
        ] {
            let fault = Replay.run(store: InMemoryLedgerStore(entries: stored, balances: balances), threads: 1).fault
            #expect(fault?.error.code == .balancesMismatch)
            #expect(fault?.sequence == nil)
        }
    }
}
