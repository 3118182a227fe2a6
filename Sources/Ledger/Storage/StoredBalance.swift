/// An account's sums as a store has them.
package struct StoredBalance: Hashable, Sendable {
    package let account: AccountName
    package let balance: AccountBalance

    package init(account: AccountName, balance: AccountBalance) {
        self.account = account
        self.balance = balance
    }
}
