internal import Attestation

/// What must hold after every entry, recomputed from the state as a whole (research/ledger-incentives.md, section 3.3).
///
/// `LedgerRules.apply` keeps these by construction; the check is a second way of counting, used at the end of a replay
/// and after each entry in tests.
package enum LedgerInvariants {
    /// Complexity: O(accounts + tasks).
    ///
    /// - Throws: `invariantBroken`, naming the invariant.
    package static func check(_ state: LedgerState) throws(LedgerError) {
        try checkBook(state)
        try checkChain(state)
        var poolTotal: UInt128 = 0
        for task in state.tasks.values {
            try check(task, state)
            poolTotal += UInt128(task.flows.rewarded)
        }
        try checkRewards(state, rewarded: poolTotal)
    }

    /// I1 debits equal credits; I2 nobody is below zero; I3 the supply is what the accounts hold, within the cap; I6 no
    /// pending transfer is left unresolved, since the rules make none.
    private static func checkBook(_ state: LedgerState) throws(LedgerError) {
        var (debits, credits, held): (UInt128, UInt128, Int128) = (0, 0, 0)
        for (name, balance) in state.accounts.all {
            debits += UInt128(balance.debitsPosted)
            credits += UInt128(balance.creditsPosted)
            try require(
                balance.debitsPending == 0 && balance.creditsPending == 0,
                "I6",
                "\(name) has pending transfers"
            )
            guard name != .issuance else { continue }
            held += balance.posted
            try require(balance.posted >= 0, "I2", "\(name) is below zero")
        }
        try require(debits == credits, "I1", "debits of \(debits) against credits of \(credits)")
        try require(held == Int128(state.supply), "I3", "a supply of \(state.supply), but accounts hold \(held)")
        try require(state.supply <= state.genesis?.cap ?? 0, "I3", "a supply of \(state.supply) is above the cap")
    }

    /// I5 each entry has its own id; I9 the counts agree.
    private static func checkChain(_ state: LedgerState) throws(LedgerError) {
        try require(UInt64(state.sequences.count) == state.count, "I5", "\(state.sequences.count) ids")
        try require(state.numbers.count == state.participants.count, "I5", "two participants share a key")
        try require((state.genesis == nil) == (state.count == 0), "I9", "the log does not start with genesis")
    }

    /// I4 an escrow pays no more than was deposited; I8 what came into a pool was paid, returned or is in it; a closed
    /// task holds nothing once its returns are carried out.
    private static func check(_ task: TaskState, _ state: LedgerState) throws(LedgerError) {
        let flows = task.flows
        let escrow = state.accounts.balance(of: task.escrow)
        let pool = state.accounts.balance(of: task.pool)
        let id = task.opening.task
        try require(escrow.creditsPosted == flows.deposited, "I4", "the escrow of \(id) has other deposits")
        let spent = UInt128(flows.escrowReturned) + UInt128(task.opening.sponsor == nil ? 0 : flows.pooled)
        try require(UInt128(escrow.debitsPosted) == spent, "I4", "the escrow of \(id) has other payments")
        try require(pool.creditsPosted == flows.pooled, "I8", "the pool of \(id) has other income")
        try require(
            UInt128(pool.debitsPosted) == UInt128(flows.rewarded) + UInt128(flows.poolReturned),
            "I8",
            "the pool of \(id) has other payments"
        )
        try require(task.roundsSettled <= task.roundsFinished, "I11", "\(id) settled rounds that are not over")
        if task.stage == .closed, !state.hasDue {
            try require(escrow.posted == 0 && pool.posted == 0, "I4", "the closed task \(id) still holds tokens")
        }
        if let round = task.round { try check(round, of: id) }
        if let terms = task.opening.terms { try check(task, terms, state) }
    }

    /// I8 an open round's sums are those of its contributions, and its weights follow from their norms.
    private static func check(_ round: RoundState, of id: Digest) throws(LedgerError) {
        let weight = round.accepted.values.reduce(UInt128(0)) { $0 + UInt128($1.weight) }
        let units = round.accepted.values.reduce(UInt128(0)) { $0 + UInt128($1.units) }
        try require(weight == UInt128(round.totalWeight), "I8", "the weight of an open round of \(id)")
        try require(units == UInt128(round.totalUnits), "I8", "the units of an open round of \(id)")
        guard let bound = round.boundSquared else { return }
        try require(round.updates.count == round.accepted.count, "I8", "an open round of \(id) has an update twice")
        for accepted in round.accepted.values {
            let factor = UInt128(accepted.weight / UInt64(max(1, accepted.units)))
            try require(
                factor <= 4_096 && factor * factor * (accepted.squaredNorm ?? 0) <= bound << 24,
                "I8",
                "an update of an open round of \(id) weighs more than its bound allows"
            )
        }
    }

    /// I12 a running task holds what it promised; I13 what is paid was earned, and what is earned is held; I14 only
    /// accepted contributors have merit.
    private static func check(_ task: TaskState, _ terms: TaskTerms, _ state: LedgerState) throws(LedgerError) {
        let id = task.opening.task
        if task.settled == nil, !state.hasDue {
            try require(task.held(state) >= terms.pool, "I12", "\(id) holds less than its pool")
        }
        try require((task.settled != nil) == [.settled, .closed].contains(task.stage), "I13", "the stage of \(id)")
        if let settled = task.settled {
            let isOrdered = settled.paid <= settled.payable && settled.payable <= settled.pool
            try require(isOrdered, "I13", "\(id) pays more than it holds or was earned")
            try require(task.flows.rewarded <= settled.paid, "I13", "\(id) paid more than its settlement")
            if !state.hasDue {
                try require(task.flows.rewarded == settled.paid, "I13", "\(id) paid less than its settlement")
            }
            try require(task.waiting.isEmpty && task.reveal == nil, "I13", "\(id) was settled with scores withheld")
        } else {
            try require(task.flows.rewarded == 0, "I13", "\(id) paid before its settlement")
        }
        for number in task.merits.keys {
            let hasContributed = state.participants[Int(number)].acceptedCount > 0
            try require(hasContributed, "I14", "participant \(number) has merit in \(id) without a contribution")
        }
    }

    /// I7 only participants with an accepted contribution were paid, and I11 no more than the settlements paid out.
    private static func checkRewards(_ state: LedgerState, rewarded: UInt128) throws(LedgerError) {
        var earned: UInt128 = 0
        for participant in state.participants {
            let balance = state.accounts.balance(of: participant.account)
            earned += UInt128(balance.creditsPosted)
            try require(
                balance.creditsPosted == 0 || participant.acceptedCount > 0,
                "I7",
                "\(participant.account) was paid without a contribution"
            )
        }
        try require(earned == rewarded, "I11", "participants earned \(earned), the pools paid \(rewarded)")
    }

    private static func require(
        _ condition: Bool,
        _ invariant: String,
        _ message: @autoclosure () -> String
    ) throws(LedgerError) {
        guard condition else { throw LedgerError(.invariantBroken, "\(invariant): \(message())") }
    }
}
