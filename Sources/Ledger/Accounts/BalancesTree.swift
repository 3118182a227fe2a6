package import Attestation

/// All balances in one digest: an RFC 6962 tree with a leaf an account, in order of name.
///
/// A leaf is the name's byte count (16 bits), the name, then debits pending, debits posted, credits pending and credits
/// posted (64 bits each), all integers big-endian.
package enum BalancesTree {
    /// The root over a book's accounts. Complexity: O(n log n).
    package static func root(of book: AccountBook) -> Digest {
        var tree = CompactMerkleTree()
        for account in book.sorted {
            tree.append(leafHash: MerkleHash.leaf(leaf(account.name, account.balance)))
        }
        return tree.root
    }

    /// The bytes of one account's leaf.
    package static func leaf(_ name: AccountName, _ balance: AccountBalance) -> [UInt8] {
        var bytes: [UInt8] = []
        let name = Array(name.text.utf8)
        append(UInt16(name.count), to: &bytes)
        bytes += name
        append(balance.debitsPending, to: &bytes)
        append(balance.debitsPosted, to: &bytes)
        append(balance.creditsPending, to: &bytes)
        append(balance.creditsPosted, to: &bytes)
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
