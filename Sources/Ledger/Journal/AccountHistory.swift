/// Which entries moved something through which account.
struct AccountHistory {
    private var sequencesByAccount: [AccountName: [UInt64]] = [:]

    mutating func record(_ entry: Entry) {
        guard case .transfer(let transfer) = entry.body else { return }
        sequencesByAccount[transfer.debit, default: []].append(entry.sequence)
        sequencesByAccount[transfer.credit, default: []].append(entry.sequence)
    }

    func sequences(of account: AccountName) -> [UInt64] { sequencesByAccount[account] ?? [] }
}
