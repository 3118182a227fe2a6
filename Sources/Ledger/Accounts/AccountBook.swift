/// Accounts and what moves between them: double entry, with the semantics of TigerBeetle's accounts and transfers.
///
/// Every unit that leaves an account reaches another. An account's debits, pending ones included, may not exceed what
/// was credited to it; `issuance` alone may be below zero, by at most the cap. All sums are 64 bits and checked.
package struct AccountBook: Sendable {
    /// Most units that issuance may be below zero.
    package let cap: UInt64
    /// The accounts that anything ever moved through, and issuance, in order of their first transfer.
    package private(set) var names: [AccountName]
    private var balances: [AccountBalance]
    private var indices: [AccountName: Int]
    private var records: [EntryID: Record] = [:]

    /// A carried-out instruction.
    private struct Record: Hashable {
        let transfer: AccountTransfer
        var resolution: Resolution
    }

    /// What became of a pending transfer.
    private enum Resolution {
        case none, posted, voided
    }

    /// A book with one account, issuance.
    package init(cap: UInt64) {
        self.cap = cap
        names = [.issuance]
        balances = [AccountBalance()]
        indices = [.issuance: 0]
    }

    /// Number of accounts.
    package var count: Int { names.count }

    /// An account's sums; zeros where nothing ever moved.
    package func balance(of name: AccountName) -> AccountBalance {
        indices[name].map { balances[$0] } ?? AccountBalance()
    }

    /// All accounts in order of name. Complexity: O(n log n).
    package var sorted: [(name: AccountName, balance: AccountBalance)] {
        zip(names, balances).map { ($0, $1) }.sorted { $0.name < $1.name }
    }

    /// All accounts in order of their first transfer.
    package var all: [(name: AccountName, balance: AccountBalance)] { Array(zip(names, balances)) }

    /// Carries out an instruction, once for each id. Complexity: O(1).
    package mutating func apply(_ transfer: AccountTransfer) -> TransferResult {
        if let record = records[transfer.id] { return record.transfer == transfer ? .exists : .conflict }
        let result =
            switch transfer.mode {
            case .single: move(debit: transfer.debit, credit: transfer.credit, amount: transfer.amount)
            case .pending: reserve(transfer)
            case .post(let id): resolve(id, by: transfer, as: .posted)
            case .void(let id): resolve(id, by: transfer, as: .voided)
            }
        if result == .created { records[transfer.id] = Record(transfer: transfer, resolution: .none) }
        return result
    }

    /// What `move` would answer. Complexity: O(1).
    package func check(debit: AccountName, credit: AccountName, amount: UInt64) -> TransferResult {
        guard debit != credit else { return .sameAccount }
        return check(
            from: balance(of: debit),
            limit: debit == .issuance ? cap : 0,
            to: balance(of: credit),
            amount: amount
        )
    }

    private func check(
        from: AccountBalance,
        limit: UInt64,
        to: AccountBalance,
        amount: UInt64
    ) -> TransferResult {
        guard amount > 0 else { return .zeroAmount }
        let (debited, debitOverflow) = from.debitsPosted.addingReportingOverflow(amount)
        let (reserved, reserveOverflow) = debited.addingReportingOverflow(from.debitsPending)
        guard !debitOverflow, !reserveOverflow else { return .overflow }
        guard UInt128(reserved) <= UInt128(from.creditsPosted) + UInt128(limit) else { return .exceedsCredits }
        let (credited, creditOverflow) = to.creditsPosted.addingReportingOverflow(amount)
        guard !creditOverflow, !credited.addingReportingOverflow(to.creditsPending).overflow else { return .overflow }
        return .created
    }

    /// Moves an amount at once, without a record of its own: for a caller that knows its ids are new. Complexity: O(1).
    package mutating func move(debit: AccountName, credit: AccountName, amount: UInt64) -> TransferResult {
        change(debit, credit, amount) { from, to in
            from.debitsPosted += amount
            to.creditsPosted += amount
        }
    }

    private mutating func reserve(_ transfer: AccountTransfer) -> TransferResult {
        change(transfer.debit, transfer.credit, transfer.amount) { from, to in
            from.debitsPending += transfer.amount
            to.creditsPending += transfer.amount
        }
    }

    /// Changes two accounts if the amount may go from one to the other, looking each up once.
    private mutating func change(
        _ debit: AccountName,
        _ credit: AccountName,
        _ amount: UInt64,
        _ body: (_ from: inout AccountBalance, _ to: inout AccountBalance) -> Void
    ) -> TransferResult {
        let (debitIndex, creditIndex) = (indices[debit], indices[credit])
        guard debit != credit else { return .sameAccount }
        var from = debitIndex.map { balances[$0] } ?? AccountBalance()
        var to = creditIndex.map { balances[$0] } ?? AccountBalance()
        // Issuance is the book's first account.
        let result = check(from: from, limit: debitIndex == 0 ? cap : 0, to: to, amount: amount)
        guard result == .created else { return result }
        body(&from, &to)
        balances[debitIndex ?? index(of: debit)] = from
        balances[creditIndex ?? index(of: credit)] = to
        return .created
    }

    private mutating func resolve(
        _ id: EntryID,
        by transfer: AccountTransfer,
        as resolution: Resolution
    ) -> TransferResult {
        guard let record = records[id] else { return .pendingNotFound }
        let pending = record.transfer
        guard pending.mode == .pending else { return .notPending }
        switch record.resolution {
        case .posted: return .alreadyPosted
        case .voided: return .alreadyVoided
        case .none: break
        }
        guard transfer.debit == pending.debit, transfer.credit == pending.credit else {
            return .pendingHasOtherAccounts
        }
        guard transfer.amount > 0 else { return .zeroAmount }
        let fits = resolution == .voided ? transfer.amount == pending.amount : transfer.amount <= pending.amount
        guard fits else { return .exceedsPendingAmount }
        let debit = index(of: pending.debit)
        let credit = index(of: pending.credit)
        balances[debit].debitsPending -= pending.amount
        balances[credit].creditsPending -= pending.amount
        if resolution == .posted {
            // Cannot overflow: the sums with the pending amount were checked when it was reserved, and at each
            // transfer since.
            balances[debit].debitsPosted += transfer.amount
            balances[credit].creditsPosted += transfer.amount
        }
        records[id]?.resolution = resolution
        return .created
    }

    /// The account's place, opened where there is none.
    private mutating func index(of name: AccountName) -> Int {
        if let index = indices[name] { return index }
        let index = names.count
        names.append(name)
        balances.append(AccountBalance())
        indices[name] = index
        return index
    }
}
