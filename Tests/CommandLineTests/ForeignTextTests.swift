import Attestation
import Foundation
import Ledger
import Testing

@Suite("Names that others chose")
struct ForeignTextTests {
    private static let hostile = "gate\u{1B}[2J\u{202E}\nentry 9"

    private static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256.hash(Array("participant \(number)".utf8)).bytes)
    }

    /// A closed ledger in `old`, of rules version 1, which took any label.
    private static func ledger(_ program: Program, labels: [String]) throws {
        let home = program.folder.url.appendingPathComponent("old")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let store = try SQLiteLedgerStore(path: home.appendingPathComponent("ledger.sqlite").path, access: .create)
        let genesis = Genesis(
            origin: "old.example/log", coordinatorKey: try key(1_000).publicKey, asset: "TRIB", cap: 1_000,
            rulesVersion: 1, grants: [])
        var state = LedgerState()
        let registered = try labels.enumerated().map { number, label in
            EntryBody.participantRegistered(ParticipantRegistered(publicKey: try key(number).publicKey, label: label))
        }
        for body in [.genesis(genesis)] + registered {
            let entry = try EncodedEntry(sequence: state.count, previous: state.head, timeMs: 1_000, body: body)
            try LedgerRules.apply(entry, to: &state)
            try store.append([entry], balances: [])
        }
        try store.close()
    }

    @Test("ledger statement: an account's name means the account, a label that two have is an error with both")
    func statement() throws {
        let program = try Program()
        let key = try Self.key(1).publicKey.did
        try Self.ledger(program, labels: ["issuance", "dup", "dup", "alone", "sponsor/clinic", key])
        func first(_ account: String) throws -> String? {
            let outcome = try program.run("ledger", "statement", "old", account)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            return outcome.output.split(separator: "\n").first.map(String.init)
        }
        #expect(try first("issuance") == "issuance")
        let alone = try Self.key(3).publicKey.did
        #expect(try first("alone") == "participant/\(alone)")
        #expect(try first(key) == "participant/\(key)")
        #expect(try first("participant/\(key)") == "participant/\(key)")
        #expect(try program.run("ledger", "statement", "old", "sponsor/clinic").exitCode == 66)
        let both = try program.run("ledger", "statement", "old", "dup")
        #expect(both.exitCode == 66)
        for number in 1...2 {
            let did = try Self.key(number).publicKey.did
            #expect(both.errors.contains("participant/\(did)"), "\(both.errors)")
        }
    }

    @Test("Labels with escapes and marks that turn the writing are shown escaped, in text and in JSON")
    func escaped() throws {
        let program = try Program()
        try Self.ledger(program, labels: [Self.hostile])
        for arguments in [
            ["ledger", "show", "old"], ["ledger", "show", "old", "--json"], ["ledger", "balances", "old"],
            ["ledger", "statement", "old", Self.hostile], ["ledger", "statement", "old", Self.hostile + "x"],
            ["ledger", "statement", "old", Self.hostile + "x", "--json"],
        ] {
            let outcome = program.outcome(of: try program.start(arguments))
            let text = outcome.output + outcome.errors
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" }, "\(arguments): \(text)")
        }
        let lines = try program.run("ledger", "show", "old").output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains(#"gate\u{1B}[2J\u{202E}\nentry 9"#) == true)
    }
}
