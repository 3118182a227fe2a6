import Attestation
import Foundation
import Ledger
import Runs
import Simulation

/// Writes a run's ledger anew with its coordinator's own key, changed somewhere: chain, rules, signatures, checkpoint
/// and manifest are as they should be, and only what the ledger says is not true.
struct ForgedRun {
    let folder: RunFolder
    private let federation: PreparedFederation
    private let entries: [Entry]

    /// A finished run to forge.
    init(_ folder: RunFolder) throws {
        self.folder = folder
        federation = try PreparedFederation.load(
            text: String(contentsOf: folder.scenario, encoding: .utf8), folder: folder.url.path)
        var entries: [Entry] = []
        let store = try SQLiteLedgerStore(path: folder.ledger.path, access: .readOnly)
        _ = Replay.run(store: store, verifySignatures: false, threads: 1) { entries.append($0.entry) }
        self.entries = entries
    }

    /// The entries as they are now.
    func replayed() throws -> [Entry] { try ForgedRun(folder).entries }

    /// Writes the ledger with every body as `change` gives it; what follows from the rules is left to them.
    func rewrite(_ change: (EntryBody) throws -> EntryBody) throws {
        guard case .genesis(let genesis) = entries[0].body else { return }
        try FileManager.default.removeItem(at: folder.ledger)
        let journal = try Journal.create(
            store: SQLiteLedgerStore(path: folder.ledger.path, access: .create),
            signer: federation.coordinatorSigner(), genesis: genesis, timeMs: entries[0].timeMs)
        for entry in entries.dropFirst() {
            switch entry.body {
            case .transfer(let transfer) where transfer.kind != .deposit: continue
            case .epochSettled, .snapshot: continue
            case .taskClosed(let closed):
                try journal.append(LedgerRules.closing(closed.task, journal.state), timeMs: entry.timeMs)
            default: break
            }
            try journal.append([change(entry.body)], timeMs: entry.timeMs)
            try journal.appendDue(timeMs: entry.timeMs)
        }
        try journal.append([.snapshot(journal.state.snapshot)], timeMs: entries[entries.count - 1].timeMs)
        try finish(journal)
    }

    /// Writes the ledger with entries that no rule has seen, chained and hashed as if they were right, from one
    /// sequence number on.
    func splice(_ change: (EntryBody) -> EntryBody) throws {
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
