import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Simulation

/// Writes a run's ledger anew with its coordinator's own key, changed somewhere: chain, rules, signatures, checkpoint
/// and manifest are as they should be, and only what the ledger says is not true.
struct ForgedRun {
    let folder: RunFolder
    let federation: PreparedFederation
    private let entries: [Entry]
    /// What the folder is removed with.
    private let room: AuditRoom?

    /// A finished run to forge.
    init(_ folder: RunFolder, in room: AuditRoom? = nil) throws {
        self.folder = folder
        self.room = room
        federation = try PreparedFederation.load(
            text: String(contentsOf: folder.scenario, encoding: .utf8), folder: folder.url.path)
        entries = try Self.entries(of: folder)
    }

    private static func entries(of folder: RunFolder) throws -> [Entry] {
        let store = try SQLiteLedgerStore(path: folder.ledger.path, access: .readOnly)
        return try store.entries(in: 0..<store.count).map { try EncodedEntry(decoding: $0.bytes).entry }
    }

    /// The entries as they are now.
    func replayed() throws -> [Entry] { try Self.entries(of: folder) }

    /// Where the first entry is that meets a condition.
    func place(_ predicate: (EntryBody) -> Bool) throws -> AuditFault.Place? {
        defer { withExtendedLifetime(room) {} }
        return try replayed().first { predicate($0.body) }.map { .entry($0.sequence) }
    }

    /// Writes the ledger with every body as `change` gives it; what follows from the rules is left to them, and seals
    /// commit to what is revealed.
    func rewrite(_ change: (EntryBody) throws -> EntryBody) throws { try rewriteAll { [try change($0)] } }

    /// The same, where a body may become several or none.
    func rewriteAll(_ change: (EntryBody) throws -> [EntryBody]) throws {
        guard case .genesis(let genesis) = entries[0].body else { return }
        try FileManager.default.removeItem(at: folder.ledger)
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create),
            signer: federation.coordinatorSigner(), genesis: genesis, timeMs: entries[0].timeMs)
        try journal.appendDue(timeMs: entries[0].timeMs)
        var bodies: [EntryBody] = []
        var times: [UInt64] = []
        for entry in entries.dropFirst() {
            let changed = try change(entry.body)
            bodies += changed
            times += changed.map { _ in entry.timeMs }
        }
        for (body, timeMs) in zip(Commitments.renewed(bodies), times) {
            try journal.appendForged(body, timeMs: timeMs)
        }
        try journal.append([.snapshot(journal.state.snapshot)], timeMs: entries[entries.count - 1].timeMs)
        try finish(journal)
    }

    /// Writes the ledger with entries that no rule has seen, chained and hashed as if they were right.
    func splice(_ change: (EntryBody) throws -> EntryBody) throws {
        try FileManager.default.removeItem(at: folder.ledger)
        let store = try SQLiteLedgerStore(path: folder.ledger.path, access: .create)
        var previous = Digest.zero
        var tree = MerkleTree()
        var encoded: [EncodedEntry] = []
        for entry in entries {
            let next = try EncodedEntry(
                sequence: entry.sequence, previous: previous, timeMs: entry.timeMs, body: change(entry.body))
            encoded.append(next)
            previous = next.leafHash
            tree.append(leafHash: next.leafHash)
        }
        try store.append(encoded, balances: [])
        let signer = try federation.coordinatorSigner()
        let note = try Checkpoint(origin: federation.origin, size: tree.count, root: tree.root).signed(by: signer)
        try store.appendCheckpoint(Array(note.encoded.utf8), size: tree.count)
        try store.close()
        try folder.write(note.encoded, to: folder.checkpoint)
        try Manifest.write(folder, signer: signer)
    }

    private func finish(_ journal: Journal) throws {
        let note = try journal.checkpoint()
        try journal.close()
        try folder.write(note.encoded, to: folder.checkpoint)
        try Manifest.write(folder, signer: federation.coordinatorSigner())
    }
}
