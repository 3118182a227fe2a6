import Attestation
import Ledger
import Tensors
import Testing

@Suite("Double-entry accounts")
struct AccountBookTests {
    private let alice = AccountName.pool(LedgerFixture.digest("alice"))
    private let bob = AccountName.pool(LedgerFixture.digest("bob"))

    private func id(_ number: Int) throws -> EntryID {
        try EntryID(LedgerFixture.digest("transfer \(number)").bytes.prefix(16))
    }

    private func transfer(
        _ number: Int,
        _ mode: AccountTransfer.Mode = .single,
        _ debit: AccountName,
        _ credit: AccountName,
        _ amount: UInt64
    ) throws -> AccountTransfer {
        AccountTransfer(id: try id(number), mode: mode, debit: debit, credit: credit, amount: amount)
    }

    /// A book in which alice has 100.
    private func book() throws -> AccountBook {
        var book = AccountBook(cap: 1_000)
        #expect(book.apply(try transfer(0, .single, .issuance, alice, 100)) == .created)
        return book
    }

    @Test("A single transfer moves at once, and the same one again answers that it exists")
    func single() throws {
        var book = try book()
        let move = try transfer(1, .single, alice, bob, 60)
        #expect(book.apply(move) == .created)
        #expect(book.apply(move) == .exists)
        #expect(book.apply(try transfer(1, .single, alice, bob, 61)) == .conflict)
        #expect(book.balance(of: alice).available == 40)
        #expect(book.balance(of: bob) == AccountBalance(creditsPosted: 60))
    }

    @Test("No account but issuance goes below zero, and issuance by no more than the cap")
    func limits() throws {
        var book = try book()
        #expect(book.apply(try transfer(1, .single, alice, bob, 101)) == .exceedsCredits)
        #expect(book.apply(try transfer(1, .single, .issuance, bob, 901)) == .exceedsCredits)
        #expect(book.apply(try transfer(1, .single, .issuance, bob, 900)) == .created)
        #expect(book.apply(try transfer(2, .single, .issuance, bob, 1)) == .exceedsCredits)
        #expect(book.apply(try transfer(2, .single, bob, .issuance, 5)) == .created)
        #expect(book.apply(try transfer(3, .single, .issuance, alice, 6)) == .exceedsCredits)
        #expect(book.apply(try transfer(3, .single, .issuance, alice, 5)) == .created)
        #expect(book.balance(of: .issuance).posted == -1_000)
    }

    @Test("A refused transfer changes nothing and leaves its id free")
    func refusedLeavesNothing() throws {
        var book = try book()
        let before = book.all.map(\.balance)
        #expect(book.apply(try transfer(1, .single, alice, bob, 0)) == .zeroAmount)
        #expect(book.apply(try transfer(1, .single, alice, alice, 1)) == .sameAccount)
        #expect(book.apply(try transfer(1, .pending, alice, bob, 500)) == .exceedsCredits)
        #expect(book.all.map(\.balance) == before)
        #expect(book.apply(try transfer(1, .single, alice, bob, 1)) == .created)
    }

    @Test("A pending transfer reserves; posting a part moves it and releases the rest")
    func partialPost() throws {
        var book = try book()
        #expect(book.apply(try transfer(1, .pending, alice, bob, 80)) == .created)
        #expect(book.balance(of: alice) == AccountBalance(debitsPending: 80, creditsPosted: 100))
        #expect(book.balance(of: bob) == AccountBalance(creditsPending: 80))
        #expect(book.balance(of: bob).available == 0)
        #expect(book.apply(try transfer(2, .single, alice, bob, 21)) == .exceedsCredits)
        #expect(book.apply(try transfer(2, .post(try id(1)), alice, bob, 81)) == .exceedsPendingAmount)
        #expect(book.apply(try transfer(2, .post(try id(1)), alice, bob, 30)) == .created)
        #expect(book.apply(try transfer(2, .post(try id(1)), alice, bob, 30)) == .exists)
        #expect(book.balance(of: alice) == AccountBalance(debitsPosted: 30, creditsPosted: 100))
        #expect(book.balance(of: bob) == AccountBalance(creditsPosted: 30))
    }

    @Test("A pending transfer is resolved once")
    func resolvedOnce() throws {
        var book = try book()
        #expect(book.apply(try transfer(1, .pending, alice, bob, 10)) == .created)
        #expect(book.apply(try transfer(2, .pending, alice, bob, 10)) == .created)
        #expect(book.apply(try transfer(3, .post(try id(1)), alice, bob, 10)) == .created)
        #expect(book.apply(try transfer(4, .void(try id(2)), alice, bob, 9)) == .exceedsPendingAmount)
        #expect(book.apply(try transfer(4, .void(try id(2)), alice, bob, 10)) == .created)
        #expect(book.apply(try transfer(5, .void(try id(1)), alice, bob, 10)) == .alreadyPosted)
        #expect(book.apply(try transfer(5, .post(try id(2)), alice, bob, 10)) == .alreadyVoided)
        #expect(book.apply(try transfer(5, .post(try id(9)), alice, bob, 10)) == .pendingNotFound)
        #expect(book.apply(try transfer(5, .post(try id(0)), alice, bob, 10)) == .notPending)
        #expect(book.apply(try transfer(6, .pending, alice, bob, 10)) == .created)
        #expect(book.apply(try transfer(7, .post(try id(6)), bob, alice, 10)) == .pendingHasOtherAccounts)
        #expect(book.apply(try transfer(7, .post(try id(6)), alice, bob, 0)) == .zeroAmount)
    }

    @Test("Sums that would pass 64 bits are refused, before anything moves")
    func overflow() throws {
        var book = AccountBook(cap: .max)
        #expect(book.apply(try transfer(0, .single, .issuance, alice, .max)) == .created)
        #expect(book.apply(try transfer(1, .single, alice, .issuance, .max)) == .created)
        #expect(book.apply(try transfer(2, .single, .issuance, bob, 1)) == .overflow)
        #expect(book.apply(try transfer(3, .single, alice, bob, 1)) == .overflow)
        #expect(book.balance(of: bob) == AccountBalance())
    }

    @Test("Random instructions agree with a plain model of signed balances and reservations")
    func model() throws {
        var generator = SeededGenerator(seed: 3, stream: "book")
        let names = try (0..<4).map { try AccountName("sponsor/\($0)") }
        var book = AccountBook(cap: 10_000)
        var balances = [Int](repeating: 0, count: 4)
        var reserved = [Int](repeating: 0, count: 4)
        var pending: [(number: Int, debit: Int, credit: Int, amount: Int)] = []
        for name in names.indices {
            #expect(book.apply(try transfer(-1 - name, .single, .issuance, names[name], 1_000)) == .created)
            balances[name] = 1_000
        }
        for number in 1...3_000 {
            let (debit, credit) = (generator.nextIndex(below: 4), generator.nextIndex(below: 4))
            let amount = generator.nextIndex(below: 400)
            switch generator.nextIndex(below: 4) {
            case 0, 1:
                let isPending = generator.next() & 1 == 0
                let fits = amount > 0 && debit != credit && balances[debit] - reserved[debit] >= amount
                let result = book.apply(
                    try transfer(number, isPending ? .pending : .single, names[debit], names[credit], UInt64(amount))
                )
                #expect((result == .created) == fits)
                guard fits else { continue }
                if isPending {
                    reserved[debit] += amount
                    pending.append((number, debit, credit, amount))
                } else {
                    balances[debit] -= amount
                    balances[credit] += amount
                }
            default:
                guard !pending.isEmpty else { continue }
                let chosen = pending.remove(at: generator.nextIndex(below: pending.count))
                let posts = generator.next() & 1 == 0
                let part = posts ? 1 + generator.nextIndex(below: chosen.amount) : chosen.amount
                let mode: AccountTransfer.Mode = posts ? .post(try id(chosen.number)) : .void(try id(chosen.number))
                #expect(
                    book.apply(try transfer(number, mode, names[chosen.debit], names[chosen.credit], UInt64(part)))
                        == .created
                )
                reserved[chosen.debit] -= chosen.amount
                if posts {
                    balances[chosen.debit] -= part
                    balances[chosen.credit] += part
                }
            }
        }
        for (name, balance) in zip(names, balances) { #expect(book.balance(of: name).posted == Int128(balance)) }
        let sums = book.all.map(\.balance)
        #expect(sums.map(\.debitsPosted).reduce(0, +) == sums.map(\.creditsPosted).reduce(0, +))
        #expect(sums.map(\.debitsPending).reduce(0, +) == sums.map(\.creditsPending).reduce(0, +))
    }

    @Test("The five forms of account names are read, and nothing else")
    func names() throws {
        let task = LedgerFixture.digest("task")
        let did = try LedgerFixture.key(1).did
        for text in [
            "issuance", "sponsor/acme", "sponsor/a.b-c_9", "pool/\(task)", "escrow/\(task)", "participant/\(did)",
        ] {
            #expect(try AccountName(text).text == text)
        }
        for text in [
            "", "issuance ", "Issuance", "sponsor/", "sponsor/a b", "sponsor/\u{e9}", "pool/", "pool/\(task)0",
            "pool/\(task.hex.uppercased())", "escrow/x", "participant/", "participant/did:key:z",
            "participant/did:key:z6Mk/", "treasury", "sponsor/" + String(repeating: "a", count: 65),
        ] {
            #expect(throws: LedgerError(.badAccountName, "")) { try AccountName(text) }
        }
    }
}
