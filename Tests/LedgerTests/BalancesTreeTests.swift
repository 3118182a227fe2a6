import Attestation
import Ledger
import Testing

@Suite("The digest over all balances")
struct BalancesTreeTests {
    @Test("A leaf is the name's length, the name and four big-endian sums")
    func leafBytes() throws {
        let leaf = BalancesTree.leaf(
            try AccountName("sponsor/a"),
            AccountBalance(debitsPending: 1, debitsPosted: 258, creditsPending: 3, creditsPosted: 1 << 56)
        )
        #expect(leaf.prefix(2) == [0, 9])
        #expect(Array(leaf[2..<11]) == Array("sponsor/a".utf8))
        #expect(
            Array(leaf[11...]) == [
                0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0,
            ]
        )
    }

    @Test("The root is the Merkle tree's over the accounts in order of name, whatever the order of their transfers")
    func orderOfTransfers() throws {
        let names = try ["sponsor/b", "sponsor/a", "sponsor/c"].map { try AccountName($0) }
        var roots: Set<Digest> = []
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            var book = AccountBook(cap: 100)
            for index in order { #expect(book.move(debit: .issuance, credit: names[index], amount: 5) == .created) }
            roots.insert(BalancesTree.root(of: book))
            var tree = MerkleTree()
            for name in [AccountName.issuance] + names.sorted() {
                tree.append(leafHash: MerkleHash.leaf(BalancesTree.leaf(name, book.balance(of: name))))
            }
            #expect(tree.root == BalancesTree.root(of: book))
        }
        #expect(roots.count == 1)
    }
}
