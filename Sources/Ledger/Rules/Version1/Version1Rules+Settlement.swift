package import Attestation

extension Version1Rules {
    /// What must come before a task can be closed: the settlement of its running epoch and the rewards, if finished
    /// rounds wait for them. Then `taskClosed` is accepted, and after it the returns are due.
    ///
    /// Once it is settled this way, the task takes no more rounds. Complexity: O(participants of the epoch).
    ///
    /// - Throws: `unknownTask`, `taskClosed`, or `roundOpen` while a round is not over.
    package static func closing(_ task: Digest, _ state: LedgerState) throws(LedgerError) -> [EntryBody] {
        let state = state
        let task = try LedgerRules.openTask(task, state, allowing: [.running, .settled])
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        guard task.hasUnsettledRounds else { return [] }
        return settlement(of: task, pool: state.accounts.balance(of: task.pool).available, state)
    }

    /// What a task's next sealed round adds to its pool: as much of the rule's amount as the cap or the escrow has.
    static func funding(of id: Digest, _ state: LedgerState) -> UInt64 {
        guard let task = state.tasks[id], let genesis = state.genesis else { return 0 }
        let rule = task.reward
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
            let isEmission = task.reward.sponsor == nil
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
        if task.roundsFinished.isMultiple(of: task.reward.epochRounds) {
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
}

extension TaskState {
    /// Begins the next epoch.
    mutating func settleEpoch() {
        epochsSettled += 1
        roundsSettled = roundsFinished
        scoreSums = [:]
    }
}
