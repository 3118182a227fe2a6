/// Which rounds' updates a run kept, for the report and for whoever audits it.
package struct RetentionSummary: Codable, Equatable, Sendable {
    /// The rule as text: `"all"`, `"last 20"` or `"none"`.
    package var rule: String
    /// The most bytes that updates and models were allowed to take.
    package var diskBudgetBytes: UInt64
    /// Bytes of updates and models at the end.
    package var storedBytes: UInt64
    /// Rounds whose updates were kept, ascending: an audit re-derives these.
    package var retainedRounds: [Int]
    /// Rounds whose updates gave way to the disk budget, ascending.
    package var retiredByBudget: [Int]

    package init(
        rule: String,
        diskBudgetBytes: UInt64,
        storedBytes: UInt64,
        retainedRounds: [Int],
        retiredByBudget: [Int]
    ) {
        self.rule = rule
        self.diskBudgetBytes = diskBudgetBytes
        self.storedBytes = storedBytes
        self.retainedRounds = retainedRounds
        self.retiredByBudget = retiredByBudget
    }

    private enum CodingKeys: String, CodingKey {
        case rule
        case diskBudgetBytes = "disk_budget_bytes"
        case storedBytes = "stored_bytes"
        case retainedRounds = "retained_rounds"
        case retiredByBudget = "retired_by_budget"
    }
}
