package import Attestation

extension LedgerRules {
    /// What must come before a task can be closed: the settlement of its running epoch and the rewards, if finished
    /// rounds wait for them. Then `taskClosed` is accepted, and after it the returns are due.
    ///
    /// Once it is settled this way, the task takes no more rounds. Complexity: O(participants of the epoch).
    ///
    /// - Throws: `unknownTask`, `taskClosed`, or `roundOpen` while a round is not over.
    package static func closing(_ task: Digest, _ state: LedgerState) throws(LedgerError) -> [EntryBody] {
        let state = state
        let task = try openTask(task, state, allowing: [.running, .settled])
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        guard task.hasUnsettledRounds else { return [] }
        return settlement(of: task, pool: state.accounts.balance(of: task.pool).available, state)
    }

    /// What a task's next sealed round adds to its pool: as much of the rule's amount as the cap or the escrow has.
    static func funding(of id: Digest, _ state: LedgerState) -> UInt64 {
        guard let task = state.tasks[id], let genesis = state.genesis else { return 0 }
        let rule = task.opening.reward
        let left =
            rule.sponsor == nil
            ? genesis.cap - min(genesis.cap, state.supply) : state.accounts.balance(of: task.escrow).available
        return min(rule.poolPerRound, left)
    }

    /// What is due after a round that is over: its funding, and at the end of an epoch the settlement and the rewards.
    static func roundEnd(of id: Digest, funding: UInt64, _ state: LedgerState) -> [EntryBody] {
        guard let task = state.tasks[id] else { return [] }
        var bodies: [EntryBody] = []
        if funding > 0 {
            let isEmission = task.opening.reward.sponsor == nil
            bodies.append(
                .transfer(
                    Transfer(
                        kind: isEmission ? .emission : .funding,
                        debit: isEmission ? .issuance : task.escrow,
                        credit: task.pool,
                        amount: funding,
                        task: id,
                        period: task.roundsFinished
                    )
                )
            )
        }
        if task.roundsFinished.isMultiple(of: task.opening.reward.epochRounds) {
            let pool = state.accounts.balance(of: task.pool).available + funding
            bodies += settlement(of: task, pool: pool, state)
        }
        return bodies
    }

    /// The settlement of the running epoch with that much in the pool, and the rewards in order of participant.
    private static func settlement(of task: TaskState, pool: UInt64, _ state: LedgerState) -> [EntryBody] {
        let numbers = task.scoreSums.keys.sorted()
        let (amounts, carried) = RewardAllocation.floorAndCarry(
            pool: pool,
            scores: numbers.map { task.scoreSums[$0] ?? 0 }
        )
        let epoch = task.epochsSettled + 1
        let settled = EpochSettled(
            task: task.opening.task,
            epoch: epoch,
            lastRound: task.roundsFinished,
            pool: pool,
            paid: pool - carried,
            carried: carried
        )
        let rewards = zip(numbers, amounts).compactMap { number, amount -> EntryBody? in
            guard amount > 0 else { return nil }
            return .transfer(
                Transfer(
                    kind: .reward,
                    debit: task.pool,
                    credit: state.participants[Int(number)].account,
                    amount: amount,
                    task: task.opening.task,
                    period: epoch
                )
            )
        }
        return [.epochSettled(settled)] + rewards
    }

    static func apply(_ settled: EpochSettled, to state: inout LedgerState) throws(LedgerError) {
        if state.hasDue {
            // It is the due body: `checkTurn` compared the two.
            state.dequeue()
        } else {
            let bodies = try closing(settled.task, state)
            guard let expected = bodies.first else {
                throw LedgerError(.notDue, "no finished round of the task waits for a settlement")
            }
            guard expected == .epochSettled(settled) else {
                throw LedgerError(.notDue, "the settlement is \(settled), but the entries give \(expected)")
            }
            state.tasks[settled.task]?.stage = .settled
            state.enqueue(Array(bodies.dropFirst()))
        }
        state.tasks[settled.task]?.settleEpoch()
    }

    static func apply(_ transfer: Transfer, to state: inout LedgerState) throws(LedgerError) {
        let isDue = state.hasDue
        if !isDue { try checkDeposit(transfer, state) }
        switch state.accounts.move(debit: transfer.debit, credit: transfer.credit, amount: transfer.amount) {
        case .created: break
        case .exceedsCredits:
            throw LedgerError(
                .exceedsCredits,
                """
                \(transfer.debit) has \(state.accounts.balance(of: transfer.debit).available) units, less than the \
                \(transfer.amount) of the \(transfer.kind)
                """
            )
        case .overflow:
            throw LedgerError(.amountOverflow, "a \(transfer.kind) of \(transfer.amount) passes 64 bits of a sum")
        default:
            throw LedgerError(.wrongAccounts, "a \(transfer.kind) from \(transfer.debit) to \(transfer.credit)")
        }
        if isDue { state.dequeue() }
        if let task = transfer.task { state.tasks[task]?.record(transfer) }
    }

    /// Deposits are the one transfer that the rules do not derive.
    private static func checkDeposit(_ transfer: Transfer, _ state: LedgerState) throws(LedgerError) {
        guard transfer.kind == .deposit else {
            throw LedgerError(.notDue, "a \(transfer.kind) of \(transfer.amount) that is not due")
        }
        guard let id = transfer.task else {
            throw LedgerError(.unknownTask, "a deposit for no task")
        }
        let task = try openTask(id, state)
        guard let sponsor = task.opening.reward.sponsor, transfer.debit == sponsor, transfer.credit == task.escrow
        else {
            throw LedgerError(
                .wrongAccounts,
                "a deposit from \(transfer.debit) to \(transfer.credit); the task's sponsor pays into its escrow"
            )
        }
    }
}

extension TaskState {
    /// Begins the next epoch.
    mutating func settleEpoch() {
        epochsSettled += 1
        roundsSettled = roundsFinished
        scoreSums = [:]
    }

    /// Counts a transfer that was carried out. The sums are those of accounts, which are checked.
    mutating func record(_ transfer: Transfer) {
        switch transfer.kind {
        case .grant: break
        case .deposit: flows.deposited += transfer.amount
        case .emission, .funding: flows.pooled += transfer.amount
        case .reward: flows.rewarded += transfer.amount
        case .refund where transfer.debit == escrow: flows.escrowReturned += transfer.amount
        case .refund, .burn: flows.poolReturned += transfer.amount
        }
    }
}
