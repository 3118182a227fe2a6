import ArgumentParser
import Attestation
import Audit
import Foundation
import Ledger
import Runs

/// `tributary ledger`: read and prove what is on a ledger.
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Verify, show and prove what is on a run's ledger.",
        discussion: """
            EXAMPLES
              tributary ledger verify latest
              tributary ledger statement latest honest-01
              tributary ledger prove latest 42 > receipt.tlog-proof
            """,
        subcommands: [
            LedgerVerify.self, LedgerShow.self, LedgerBalances.self, LedgerStatement.self, LedgerProve.self,
        ])
}

/// A run's ledger, replayed for reading.
struct OpenedLedger {
    let ledger: RunLedger
    let report: ReplayReport
    let entries: [EncodedEntry]

    /// The tree over all entries, for proofs. Complexity: O(entries).
    var tree: MerkleTree {
        var tree = MerkleTree()
        tree.append(contentsOf: entries.map(\.leafHash))
        return tree
    }

    /// Replays the run's ledger; signatures are checked only where that is asked for.
    init(_ folder: RunFolder, verifySignatures: Bool, threads: Int) throws {
        ledger = try RunLedger(folder)
        var entries: [EncodedEntry] = []
        report = Replay.run(store: ledger.store, verifySignatures: verifySignatures, threads: threads) {
            entries.append($0)
        }
        self.entries = entries
    }

    /// The same, refusing a ledger that does not verify.
    static func sound(_ folder: RunFolder, threads: Int) throws -> OpenedLedger {
        let ledger = try OpenedLedger(folder, verifySignatures: false, threads: threads)
        if let fault = ledger.report.fault {
            let place = fault.sequence.map { "entry \($0): " } ?? ""
            throw CommandFailureError(
                failure: CommandFailure(
                    code: fault.error.code.rawValue, .auditFault, "\(place)\(fault.error.message)",
                    hint: "tributary ledger verify says more"))
        }
        return ledger
    }
}

/// `tributary ledger verify`.
struct LedgerVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Replay the ledger: chain, rules, signatures, checkpoint.",
        discussion: """
            The quick half of an audit: it needs neither the updates nor the data set.

            EXAMPLES
              tributary ledger verify latest
              tributary ledger verify runs/digits-default-20260101-120000 --json
            """)

    @OptionGroup var options: RunOptions

    struct Verified: Encodable {
        let clean: Bool
        let entries: UInt64
        let root: String
        let checkpoint: String
        let fault: String?
        let entry: UInt64?
    }

    func run() throws {
        let folder = try options.folder()
        let ledger = try OpenedLedger(folder, verifySignatures: true, threads: options.threads)
        var fault = ledger.report.fault.map { $0.error.message }
        let entry = ledger.report.fault?.sequence
        var checkpoint = "none"
        if fault == nil, let genesis = ledger.report.state.genesis {
            do {
                let size = try Self.checkedSize(folder, genesis, ledger)
                checkpoint = "signed over \(size) entries"
            } catch {
                fault = "checkpoint: \(error)"
            }
        }
        let failure = fault.map { CommandFailure(code: "ledgerFault", .auditFault, $0, isSilent: true) }
        if options.json {
            try Envelope.print(
                command: "ledger verify",
                Verified(
                    clean: fault == nil, entries: ledger.report.count, root: ledger.report.root.hex,
                    checkpoint: checkpoint, fault: fault, entry: entry), failure: failure)
        } else {
            Terminal.line("entries    \(ledger.report.count)")
            Terminal.line("root       \(ledger.report.root)")
            Terminal.line("checkpoint \(checkpoint)")
            if let fault { Terminal.line("FAULT      \(entry.map { "entry \($0): " } ?? "")\(fault)") }
            Terminal.line(fault == nil ? "ledger: OK" : "ledger: FAILED")
        }
        if let failure { throw CommandFailureError(failure: failure) }
    }

    /// Entries under the run's checkpoint: its file, or the one in the store where a run was cut off.
    private static func checkedSize(
        _ folder: RunFolder, _ genesis: Genesis, _ ledger: OpenedLedger
    ) throws -> UInt64 {
        let verifier = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
        let hasFile = FileManager.default.fileExists(atPath: folder.checkpoint.path)
        guard
            let bytes = hasFile
                ? try folder.read(folder.checkpoint, limit: 65_536) : try ledger.ledger.store.lastCheckpoint()
        else { return 0 }
        let head = try LogHead(note: bytes, verifier: verifier)
        try head.check(ledger.tree)
        return head.checkpoint.size
    }
}

/// `tributary ledger show`.
struct LedgerShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show entries of the ledger.",
        discussion: """
            EXAMPLES
              tributary ledger show latest
              tributary ledger show latest --from 20 --count 5
              tributary ledger show latest --kind transfer --json
            """)

    @OptionGroup var options: RunOptions

    @Option(name: .long, help: ArgumentHelp("First entry to show.", valueName: "n"))
    var from: UInt64 = 0

    @Option(name: .long, help: ArgumentHelp("Most entries to show.", valueName: "n"))
    var count = 50

    @Option(name: .long, help: ArgumentHelp("Only entries of one kind, such as transfer.", valueName: "kind"))
    var kind: String?

    struct Row: Encodable {
        let sequence: UInt64
        let time: String
        let kind: String
        let id: String
        let text: String
    }

    func validate() throws {
        guard (1...1_000_000).contains(count) else {
            throw ValidationError("--count must be 1 to 1000000, not \(count)")
        }
    }

    func run() throws {
        let ledger = try OpenedLedger.sound(options.folder(), threads: options.threads)
        let names = EntryText(ledger.report.state)
        let matching = ledger.entries.map(\.entry)
            .filter { $0.sequence >= from && (kind == nil || $0.body.kindName == kind) }
        let rows = matching.prefix(count)
            .map {
                Row(
                    sequence: $0.sequence, time: EntryText.time($0.timeMs), kind: $0.body.kindName,
                    id: $0.id.description, text: names.line(for: $0.body))
            }
        if options.json { return try Envelope.print(command: "ledger show", rows) }
        for row in rows {
            let number = String(row.sequence)
            let place = String(repeating: " ", count: max(0, 6 - number.count)) + number
            Terminal.line(
                "\(place)  \(row.time)  \(row.kind.padding(toLength: 22, withPad: " ", startingAt: 0))  \(row.text)")
        }
        if matching.count > count {
            Terminal.line("\(matching.count - count) more: --from \(matching[count].sequence)")
        }
        if rows.isEmpty {
            let kinds = Set(ledger.entries.map(\.entry.body.kindName)).sorted().joined(separator: ", ")
            Terminal.line("no such entries; the ledger has \(ledger.entries.count), of the kinds \(kinds)")
        }
    }
}
