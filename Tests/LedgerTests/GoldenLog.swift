import Attestation
import Foundation
import Ledger

/// A whole log, byte by byte, as `Protocols/vectors/ledger` has it.
struct GoldenLog: Codable, Equatable {
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

    init(_ entries: [EncodedEntry], _ state: LedgerState) throws {
        var tree = MerkleTree()
        tree.append(contentsOf: entries.map(\.leafHash))
        about =
            "One log with every kind of entry. Bytes and leaf hashes are hexadecimal; balances are those at the end."
        vkey = try LedgerFixture.signer().verifier.vkey
        self.entries = entries.map { entry in
            Item(kind: entry.entry.body.kindName, bytes: Self.hex(entry.bytes), leaf: entry.leafHash.hex)
        }
        root = tree.root.hex
        balances = state.accounts.sorted.map {
            Balance(
                account: $0.name.text,
                debitsPosted: $0.balance.debitsPosted,
                creditsPosted: $0.balance.creditsPosted
            )
        }
        balancesRoot = BalancesTree.root(of: state.accounts).hex
    }

    /// The published log of that file name.
    static func published(_ name: String) throws -> GoldenLog {
        try JSONDecoder().decode(GoldenLog.self, from: Data(contentsOf: url(name)))
    }

    func write(_ name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: Self.url(name))
    }

    /// The entries' bytes, as a store has them.
    var stored: [StoredEntry] {
        get throws {
            try entries.map { item in
                StoredEntry(bytes: Self.bytes(item.bytes), leafHash: try Digest(hex: item.leaf))
            }
        }
    }

    private static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Protocols/vectors/ledger/\(name)")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }.joined()
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8(UnicodeScalar($0).properties.numericType == nil ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
