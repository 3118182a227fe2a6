import ArgumentParser
import Attestation
import Foundation
import Ledger
import Runs

/// `tributary ledger balances`.
struct LedgerBalances: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balances", abstract: "Show every account's balance.",
        discussion: """
            EXAMPLES
              tributary ledger balances latest
              tributary ledger balances latest --json
            """)

    @OptionGroup var options: RunOptions

    struct Row: Encodable {
        let account: String
        let label: String?
        let credits: UInt64
        let debits: UInt64
        let balance: Int64
    }

    func run() throws {
        let ledger = try OpenedLedger.sound(options.folder(), threads: options.threads)
        let state = ledger.report.state
        let labels = Dictionary(
            state.participants.map { ($0.account, $0.label) }, uniquingKeysWith: { first, _ in first })
        let rows = state.accounts.names.sorted().map { name in
            let balance = state.accounts.balance(of: name)
            return Row(
                account: name.text, label: labels[name], credits: balance.creditsPosted, debits: balance.debitsPosted,
                balance: Int64(balance.creditsPosted) - Int64(balance.debitsPosted))
        }
        if options.json { return try Envelope.print(command: "ledger balances", rows) }
        let asset = state.genesis?.asset ?? ""
        for row in rows {
            let name = EntryText.short(row.account).padding(toLength: 44, withPad: " ", startingAt: 0)
            let amount = EntryText.amount(row.balance)
            let gap = String(repeating: " ", count: max(1, 22 - amount.count))
            Terminal.line("\(name)\(gap)\(amount) \(asset)  \((row.label ?? "").shown())")
        }
        Terminal.line()
        let total = rows.reduce(Int64(0)) { $0 + $1.balance }
        Terminal.line(
            "in circulation \(TokenAmount.text(state.supply)) \(asset); all balances sum to \(EntryText.amount(total))")
    }
}

/// `tributary ledger statement`.
struct LedgerStatement: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement", abstract: "Show an account's transfers, with its balance after each.",
        discussion: """
            An account is named in full, by a participant's did:key, or by its label. An account's full name comes
            first, then the key; a label that several participants have is an error that lists them.

            EXAMPLES
              tributary ledger statement latest honest-01
              tributary ledger statement latest issuance --json
            """)

    @OptionGroup var options: RunOptions

    @Argument(help: ArgumentHelp("Account name, participant label, or did:key.", valueName: "account"))
    var account: String

    struct Line: Encodable {
        let sequence: UInt64
        let time: String
        let kind: String
        let counterpart: String
        let period: UInt32
        let change: Int64
        let balance: Int64
    }

    func run() throws {
        let ledger = try OpenedLedger.sound(options.folder(), threads: options.threads)
        let state = ledger.report.state
        let name = try resolve(state)
        let touching = ledger.entries.map(\.entry).filter { entry in
            guard case .transfer(let transfer) = entry.body else { return false }
            return transfer.debit == name || transfer.credit == name
        }
        let statement = Statement(account: name, balance: state.accounts.balance(of: name), lastEntries: touching)
        let lines = statement.lines.map {
            Line(
                sequence: $0.sequence, time: EntryText.time($0.timeMs), kind: "\($0.kind)",
                counterpart: $0.counterpart.text, period: $0.period, change: $0.change, balance: $0.balance)
        }
        if options.json { return try Envelope.print(command: "ledger statement", lines) }
        Terminal.line(name.text)
        for line in lines {
            let kind = line.kind.padding(toLength: 10, withPad: " ", startingAt: 0)
            let other = EntryText.short(line.counterpart).padding(toLength: 32, withPad: " ", startingAt: 0)
            let change = EntryText.amount(line.change)
            let balance = EntryText.amount(line.balance)
            Terminal.line(
                "\(String(format: "%6d", Int(line.sequence)))  \(line.time)  \(kind) \(other)"
                    + String(repeating: " ", count: max(1, 20 - change.count)) + change
                    + String(repeating: " ", count: max(1, 20 - balance.count)) + balance)
        }
        if lines.isEmpty { Terminal.line("no transfers") }
    }

    private func resolve(_ state: LedgerState) throws -> AccountName {
        let unknown = CommandFailureError(
            failure: CommandFailure(
                code: "unknownAccount", .noInput, "there is no account \"\(account)\"",
                hint: "tributary ledger balances lists them"))
        // What reads like an account or a key is that, whatever participants of older ledgers call themselves.
        if let name = try? AccountName(account) {
            let isThere =
                name == .issuance || state.accounts.names.contains(name)
                || state.participants.contains { $0.account == name }
            guard isThere else { throw unknown }
            return name
        }
        if let participant = state.participants.first(where: { $0.key.did == account }) { return participant.account }
        let candidates = state.participants.enumerated().filter { $0.element.label == account }
        guard let first = candidates.first else { throw unknown }
        guard candidates.count == 1 else {
            let list = candidates.map { "\($0.element.account) (participant \($0.offset))" }.joined(separator: ", ")
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "ambiguousAccount", .noInput,
                    "\(candidates.count) participants have the label \"\(account)\": \(list)",
                    hint: "name one of these accounts in full"))
        }
        return first.element.account
    }
}

/// `tributary ledger prove`.
struct LedgerProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Give or check a receipt: proof that an entry is on the ledger.",
        discussion: """
            A receipt is a C2SP tlog-proof that anybody can check offline with the coordinator's key.

            EXAMPLES
              tributary ledger prove latest 42 > receipt.tlog-proof
              tributary ledger prove latest 42 --json
            """)

    @OptionGroup var options: RunOptions

    @Argument(help: ArgumentHelp("The entry's sequence number.", valueName: "entry"))
    var sequence: UInt64

    struct Proved: Encodable {
        let entry: UInt64
        let kind: String
        let receipt: String
        let key: String
    }

    func run() throws {
        let folder = try options.folder()
        let ledger = try OpenedLedger.sound(folder, threads: options.threads)
        guard sequence < ledger.report.count, let genesis = ledger.report.state.genesis else {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "unknownEntry", .noInput,
                    "there is no entry \(sequence); the last is \(ledger.report.count - 1)")
            )
        }
        let note = try SignedNote(parsing: folder.read(folder.checkpoint, limit: 65_536))
        let size = try Checkpoint(text: note.text).size
        let entry = ledger.entries[Int(sequence)]
        let receipt = Receipt(
            entry: entry.bytes, index: sequence, proof: try ledger.tree.inclusionProof(of: sequence, inSize: size),
            checkpoint: note)
        let verifier = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
        // What is handed out is checked as its reader will check it.
        _ = try receipt.verified(by: verifier)
        if options.json {
            return try Envelope.print(
                command: "ledger prove",
                Proved(
                    entry: sequence, kind: entry.entry.body.kindName, receipt: receipt.encoded, key: verifier.vkey))
        }
        Terminal.raw(receipt.encoded)
    }
}
