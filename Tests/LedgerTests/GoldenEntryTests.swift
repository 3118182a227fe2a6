import Attestation
import Foundation
import Ledger
import Testing

/// `Protocols/vectors/ledger/everything.json`: a whole log, byte by byte.
private struct GoldenLog: Codable, Equatable {
    struct Item: Codable, Equatable {
        let kind: String
        let bytes: String
        let leaf: String
    }

    struct Balance: Codable, Equatable {
        let account: String
        let debitsPosted: UInt64
        let creditsPosted: UInt64
    }

    let about: String
    let vkey: String
    let entries: [Item]
    let root: String
    let balances: [Balance]
    let balancesRoot: String

    static let about =
        "One log with every kind of entry. Bytes and leaf hashes are hexadecimal; balances are those at the end."
}

@Suite("Golden bytes for other implementations")
struct GoldenEntryTests {
    private static let url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Protocols/vectors/ledger/everything.json")

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }.joined()
    }

    private func current() throws -> GoldenLog {
        let history = try HistoryWriter.everything()
        var tree = MerkleTree()
        tree.append(contentsOf: history.entries.map(\.leafHash))
        return GoldenLog(
            about: GoldenLog.about,
            vkey: try LedgerFixture.signer().verifier.vkey,
            entries: history.entries.map { entry in
                GoldenLog.Item(kind: entry.entry.body.kindName, bytes: hex(entry.bytes), leaf: entry.leafHash.hex)
            },
            root: tree.root.hex,
            balances: history.state.accounts.sorted.map {
                GoldenLog.Balance(
                    account: $0.name.text,
                    debitsPosted: $0.balance.debitsPosted,
                    creditsPosted: $0.balance.creditsPosted
                )
            },
            balancesRoot: BalancesTree.root(of: history.state.accounts).hex
        )
    }

    /// Set `TRIBUTARY_WRITE_VECTORS=1` to write the file anew after a change of the format.
    @Test("The log with everything in it has the published bytes, hashes and balances")
    func golden() throws {
        let current = try current()
        if ProcessInfo.processInfo.environment["TRIBUTARY_WRITE_VECTORS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try FileManager.default.createDirectory(
                at: Self.url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try (encoder.encode(current) + Data("\n".utf8)).write(to: Self.url)
        }
        let published = try JSONDecoder().decode(GoldenLog.self, from: Data(contentsOf: Self.url))
        #expect(published == current)
    }
}
