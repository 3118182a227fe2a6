package import Attestation

/// The writing end of a ledger: proposes entries to the rules, makes them durable, and signs what is there.
///
/// One journal owns one store; it is not to be used from two threads at once. The order is fixed: encode, judge, write
/// and sync, then answer. An I/O error poisons the journal: what is on disk is then unknown, every later call throws,
/// and the process should stop and open the log anew.
package final class Journal {
    /// What the entries say. After an I/O error it may be ahead of the disk.
    package private(set) var state: LedgerState
    private let store: any LedgerStore
    private let signer: NoteSigner
    /// Where each checkpoint is swapped in before it is given out; nil where nobody outside hears of them.
    private let heads: (any SignedHeadStore)?
    private var tree: MerkleTree
    private var history: AccountHistory
    /// The checkpoint that this journal knows to be the last in `heads`.
    private var head: [UInt8]?
    /// Entries that it covers.
    private var headSize: UInt64 = 0
    /// The error that ended the journal's use.
    private var poison: LedgerError?

    private init(
        store: any LedgerStore,
        signer: NoteSigner,
        heads: (any SignedHeadStore)?,
        state: LedgerState,
        tree: MerkleTree,
        history: AccountHistory
    ) {
        self.store = store
        self.signer = signer
        self.heads = heads
        self.state = state
        self.tree = tree
        self.history = history
    }

    /// Starts a log: the genesis entry and its grants, in one transaction.
    ///
    /// - Throws: `logExists` where the store has entries or a checkpoint of the log is known, `wrongKey` where the
    ///   signer is not the origin's or not the coordinator's key, `badGenesis`, `oldRules` for a genesis entry of
    ///   version 1, or as the store throws.
    package static func create(
        store: any LedgerStore,
        signer: NoteSigner,
        heads: (any SignedHeadStore)? = nil,
        genesis: Genesis,
        timeMs: UInt64
    ) throws(LedgerError) -> Journal {
        guard store.count == 0 else {
            throw LedgerError(.logExists, "the store has \(store.count) entries; open it instead")
        }
        if let known = try heads?.known().first {
            throw LedgerError(.logExists, "\(known.place) is a signed checkpoint of this log; open its ledger instead")
        }
        try check(signer, genesis)
        try checkVersion(of: genesis)
        let journal = Journal(
            store: store,
            signer: signer,
            heads: heads,
            state: LedgerState(),
            tree: MerkleTree(),
            history: AccountHistory()
        )
        let grants = genesis.grants.map { grant in
            EntryBody.transfer(
                Transfer(
                    kind: .grant,
                    debit: .issuance,
                    credit: grant.account,
                    amount: grant.amount,
                    task: nil,
                    period: 0
                )
            )
        }
        _ = try journal.append([.genesis(genesis)] + grants, timeMs: timeMs)
        return journal
    }

    /// Takes up a log: replays it (without the participants' signatures, which were checked as they came) and holds it
    /// against its last signed checkpoint.
    ///
    /// - Parameters:
    ///   - heads: where the last signed checkpoint is kept apart from the log, and where new ones are swapped in.
    ///   - lastCheckpoint: the last checkpoint known from elsewhere, where there is one; the store's own is checked as
    ///     well.
    /// - Throws: what is wrong with the log; `shorterThanCheckpoint`, `inconsistentWithCheckpoint`, `badCheckpoint`,
    ///   `wrongKey`, or `oldRules`: a log of rules version 1 takes no more entries.
    package static func open(
        store: any LedgerStore,
        signer: NoteSigner,
        heads: (any SignedHeadStore)? = nil,
        lastCheckpoint: SignedNote? = nil,
        threads: Int = 2
    ) throws(LedgerError) -> Journal {
        var tree = MerkleTree()
        var history = AccountHistory()
        let report = Replay.run(store: store, verifySignatures: false, threads: threads) { entry in
            tree.append(leafHash: entry.leafHash)
            history.record(entry.entry)
        }
        if let fault = report.fault { throw fault.error }
        guard let genesis = report.state.genesis else {
            throw LedgerError(.notGenesis, "the log has no entries; create it instead")
        }
        try check(signer, genesis)
        try checkVersion(of: genesis)
        let verifier = signer.verifier
        if let stored = try store.lastCheckpoint() {
            try LogHead(note: stored, verifier: verifier).check(tree)
        }
        if let lastCheckpoint {
            try LogHead(note: Array(lastCheckpoint.encoded.utf8), verifier: verifier).check(tree)
        }
        let journal = Journal(
            store: store,
            signer: signer,
            heads: heads,
            state: report.state,
            tree: tree,
            history: history
        )
        try journal.checkHeads()
        return journal
    }

    /// Checks that the log extends every checkpoint that is known of it, and takes up the last one.
    private func checkHeads() throws(LedgerError) {
        guard let heads else { return }
        for known in try heads.known() {
            do {
                try LogHead(note: known.note, verifier: signer.verifier).check(tree)
            } catch {
                throw LedgerError(error.code, "\(error.message) (\(known.place))")
            }
        }
        guard let last = try heads.last() else { return }
        headSize = try LogHead(note: last, verifier: signer.verifier).checkpoint.size
        head = last
    }

    private static func checkVersion(of genesis: Genesis) throws(LedgerError) {
        guard genesis.rulesVersion != Version1Rules.version else {
            throw LedgerError(
                .oldRules,
                """
                this log follows rules version 1: it can be read, verified and audited; start a new log for new tasks
                """
            )
        }
    }

    private static func check(_ signer: NoteSigner, _ genesis: Genesis) throws(LedgerError) {
        guard signer.verifier.publicKey == genesis.coordinatorKey, signer.verifier.name == genesis.origin else {
            throw LedgerError(
                .wrongKey,
                "the log '\(genesis.origin)' is signed by \(genesis.coordinatorKey.did), not by \(signer.verifier.vkey)"
            )
        }
    }

    /// Number of entries.
    package var count: UInt64 { tree.count }

    /// Root over all entries.
    package var root: Digest { tree.root }

    /// Proposes bodies, in order, and writes those that are right in one transaction with one sync.
    ///
    /// A body that is in the log already is answered with its entry and not written again. Where the rules refuse one,
    /// those before it are written, those after it are not tried, and the error names it (`bodyIndex`).
    /// A time before that of the last entry counts as the latter's: clocks are set back.
    ///
    /// - Throws: the rules' refusal, `limitExceeded` for more than `LedgerLimits.batchCount` bodies, `poisoned`, or an
    ///   I/O error, after which the journal takes nothing more.
    @discardableResult
    package func append(_ bodies: [EntryBody], timeMs: UInt64) throws(LedgerError) -> [AppendResult] {
        try append(bodies.map { Proposal(body: $0, timeMs: timeMs) })
    }

    /// The same, each body with a time of its own.
    @discardableResult
    package func append(_ bodies: [Proposal]) throws(LedgerError) -> [AppendResult] {
        try checkUsable()
        guard bodies.count <= LedgerLimits.batchCount else {
            throw LedgerError(
                .limitExceeded,
                "\(bodies.count) bodies at once; at most \(LedgerLimits.batchCount) are allowed"
            )
        }
        var entries: [EncodedEntry] = []
        entries.reserveCapacity(bodies.count)
        var results: [AppendResult] = []
        results.reserveCapacity(bodies.count)
        var refusal: LedgerError?
        for (index, proposal) in bodies.enumerated() {
            do {
                results.append(try propose(proposal.body, timeMs: proposal.timeMs, &entries))
            } catch {
                refusal = error.at(sequence: state.count, bodyIndex: index)
                break
            }
        }
        try write(entries)
        if let refusal { throw refusal }
        return results
    }

    /// Appends everything that the rules say comes next, until they leave the next word to the coordinator.
    ///
    /// - Throws: as `append`.
    @discardableResult
    package func appendDue(timeMs: UInt64) throws(LedgerError) -> [AppendResult] {
        var results: [AppendResult] = []
        while state.hasDue {
            results += try append(Array(LedgerRules.due(state).prefix(LedgerLimits.batchCount)), timeMs: timeMs)
        }
        return results
    }

    /// Encodes and judges one body against the state, which takes it in.
    private func propose(
        _ body: EntryBody,
        timeMs: UInt64,
        _ entries: inout [EncodedEntry]
    ) throws(LedgerError) -> AppendResult {
        let body = try EncodedBody(body)
        if let sequence = state.sequences[body.id] {
            return AppendResult(outcome: .exists, sequence: sequence, id: body.id)
        }
        let entry = try EncodedEntry(
            sequence: state.count,
            previous: state.head,
            timeMs: max(timeMs, state.lastTimeMs),
            body: body
        )
        try LedgerRules.apply(entry, to: &state)
        entries.append(entry)
        return AppendResult(outcome: .appended, sequence: entry.entry.sequence, id: body.id)
    }

    private func write(_ entries: [EncodedEntry]) throws(LedgerError) {
        guard !entries.isEmpty else { return }
        var changed: Set<AccountName> = []
        for entry in entries {
            guard case .transfer(let transfer) = entry.entry.body else { continue }
            changed.insert(transfer.debit)
            changed.insert(transfer.credit)
        }
        let balances = changed.map { StoredBalance(account: $0, balance: state.accounts.balance(of: $0)) }
        try poisoning { () throws(LedgerError) in try store.append(entries, balances: balances) }
        for entry in entries {
            tree.append(leafHash: entry.leafHash)
            history.record(entry.entry)
        }
    }

    /// Signs the log as it is now, keeps the checkpoint durably, and gives it out.
    ///
    /// - Throws: `poisoned`, `badCheckpoint` if signing fails; `headMoved` or an I/O error, after which the journal
    ///   takes nothing more.
    package func checkpoint() throws(LedgerError) -> SignedNote {
        let note = try signedHead(atSize: count)
        try poisoning { () throws(LedgerError) in
            try store.appendCheckpoint(Array(note.encoded.utf8), size: count)
        }
        return note
    }

    /// Makes a checkpoint the last one before anybody sees it. One over fewer entries than the last promises no more
    /// than that did: it is only checked that no other process has signed meanwhile.
    private func swapIn(_ note: SignedNote, size: UInt64) throws(LedgerError) {
        guard let heads else { return }
        let isNewest = head == nil || size >= headSize
        let next = isNewest ? Array(note.encoded.utf8) : head ?? []
        let last = head
        try poisoning { () throws(LedgerError) in try heads.swap(last, for: next) }
        head = next
        headSize = max(headSize, size)
    }

    /// The entry with that very body, if it is in the log.
    package func sequence(of body: EntryBody) -> UInt64? {
        guard let encoded = try? EncodedBody(body) else { return nil }
        return state.sequences[encoded.id]
    }

    /// The audit path of an entry in the log as it is now, or as it was when it had so many entries.
    ///
    /// - Throws: `unknownEntry`.
    package func inclusionProof(sequence: UInt64, inSize size: UInt64? = nil) throws(LedgerError) -> [Digest] {
        do {
            return try tree.inclusionProof(of: sequence, inSize: size ?? count)
        } catch {
            throw LedgerError(.unknownEntry, error.message)
        }
    }

    /// The root over the first entries. Complexity: O(log n) hashes.
    ///
    /// - Throws: `unknownEntry` for more entries than there are.
    package func root(atSize size: UInt64) throws(LedgerError) -> Digest {
        do { return try tree.root(atSize: size) } catch { throw LedgerError(.unknownEntry, error.message) }
    }

    /// A signed head over the first entries, for readers to whom the rest is not shown yet. The log's store does not
    /// keep it.
    ///
    /// - Throws: `poisoned`, `unknownEntry` for more entries than there are, `badCheckpoint` if signing fails;
    ///   `headMoved` or an I/O error, after which the journal takes nothing more.
    package func signedHead(atSize size: UInt64) throws(LedgerError) -> SignedNote {
        try checkUsable()
        let root = try root(atSize: size)
        let note: SignedNote
        do {
            note = try Checkpoint(origin: signer.verifier.name, size: size, root: root).signed(by: signer)
        } catch {
            throw LedgerError(.badCheckpoint, "the checkpoint could not be signed: \(error.message)")
        }
        try swapIn(note, size: size)
        return note
    }

    /// The proof that the log as it is now begins with its first `size` entries.
    ///
    /// - Throws: `unknownEntry` unless 0 < `size` ≤ `count`.
    package func consistencyProof(from size: UInt64) throws(LedgerError) -> [Digest] {
        do {
            return try tree.consistencyProof(from: size, to: count)
        } catch {
            throw LedgerError(.unknownEntry, error.message)
        }
    }

    /// One entry as it was written.
    ///
    /// - Throws: `unknownEntry`, `poisoned`, or as the store throws.
    package func entry(at sequence: UInt64) throws(LedgerError) -> EncodedEntry {
        try checkUsable()
        guard sequence < count, let entry = try entries(in: sequence..<sequence + 1).first else {
            throw LedgerError(.unknownEntry, "the log has \(count) entries, none of number \(sequence)")
        }
        return entry
    }

    /// The entries of a range, as they were written; those past the end are left out.
    ///
    /// - Throws: `poisoned`, or as the store throws.
    package func entries(in range: Range<UInt64>) throws(LedgerError) -> [EncodedEntry] {
        try checkUsable()
        var entries: [EncodedEntry] = []
        for stored in try store.entries(in: range) { entries.append(try EncodedEntry(decoding: stored.bytes)) }
        return entries
    }

    /// The transfers of one account, all or the last so many. Complexity: O(the account's transfers).
    ///
    /// - Throws: as `entries(in:)`.
    package func statement(of account: AccountName, last: Int = .max) throws(LedgerError) -> Statement {
        try checkUsable()
        let sequences = history.sequences(of: account).suffix(max(0, last))
        var entries: [Entry] = []
        for sequence in sequences { entries.append(try entry(at: sequence).entry) }
        return Statement(account: account, balance: state.accounts.balance(of: account), lastEntries: entries)
    }

    /// An entry with the proof that a checkpoint signed now covers it.
    ///
    /// - Throws: as `entry(at:)` and `checkpoint()`.
    package func receipt(sequence: UInt64) throws(LedgerError) -> Receipt {
        let entry = try entry(at: sequence)
        return Receipt(
            entry: entry.bytes,
            index: sequence,
            proof: try inclusionProof(sequence: sequence),
            checkpoint: try checkpoint()
        )
    }

    /// Ends the use of the store.
    ///
    /// - Throws: `storeFailed`.
    package func close() throws(LedgerError) {
        poison = poison ?? LedgerError(.poisoned, "the journal is closed")
        try store.close()
    }

    private func checkUsable() throws(LedgerError) {
        if let poison {
            throw LedgerError(.poisoned, "the journal takes nothing more since: \(poison.message)")
        }
    }

    /// Runs what writes; if it fails, nothing is written any more.
    private func poisoning(_ write: () throws(LedgerError) -> Void) throws(LedgerError) {
        do {
            try write()
        } catch {
            poison = error
            throw error
        }
    }
}
