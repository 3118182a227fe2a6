internal import Attestation
internal import Rewards

extension LedgerRules {
    /// Judges a task of version 2.
    ///
    /// - Returns: what is due next: the transfer that sets its pool aside.
    static func check(_ opened: TaskOpened, timeMs: UInt64, _ state: LedgerState) throws(LedgerError) -> [EntryBody] {
        try checkShape(of: opened)
        guard let terms = opened.terms else {
            throw LedgerError(.badTask, "a task without terms")
        }
        if let fault = fault(in: terms) ?? combinationFault(in: terms) {
            throw LedgerError(.badTask, fault)
        }
        guard terms.closeByMs >= timeMs else {
            throw LedgerError(
                .badTask,
                "rounds may open until \(terms.closeByMs) ms, which is before the entry's time, \(timeMs) ms"
            )
        }
        return try funding(of: opened.task, terms, state)
    }

    /// A single term that is out of its bounds.
    private static func fault(in terms: TaskTerms) -> String? {
        if !(1...LedgerLimits.roundCount).contains(terms.roundCount) { return "a task of \(terms.roundCount) rounds" }
        if terms.boundFactor != .standard || terms.history != LedgerLimits.history {
            return "a bound factor other than 3/2, or a history of \(terms.history) steps instead of 5"
        }
        if (terms.pool == 0) != (terms.score == .none) || terms.pool > LedgerLimits.cap {
            return "a pool of \(terms.pool) units for the score \(terms.score)"
        }
        if terms.score == .value, !(1...UInt64(Int64.max)).contains(terms.targetDrop) {
            return "a target drop of \(terms.targetDrop)"
        }
        if terms.sponsor.map({ $0.kind != .sponsor }) ?? false {
            return "a task whose sponsor is \(terms.sponsor?.text ?? "")"
        }
        switch (terms.weighting, terms.normBoundSquared) {
        case (.units, let bound?) where NormBound.allowed.contains(bound): return nil
        case (.claimed, nil): return nil
        case (.claimed, _): return "a norm bound where weights are claimed"
        case (.units, let bound): return "a squared norm bound of \(bound ?? 0); 1 to 2^96 are allowed"
        }
    }

    /// Terms that do not go together.
    private static func combinationFault(in terms: TaskTerms) -> String? {
        if terms.paidRounds == .first, terms.score != .value { return "first rounds paid without paying value" }
        guard terms.trust == .open else { return nil }
        if terms.score == .samples { return "samples paid to participants who are not known" }
        if terms.weighting == .claimed { return "claimed weights of participants who are not known" }
        if terms.disclosure == .live { return "live scores with participants who are not known" }
        return nil
    }

    /// The transfer that sets the whole pool aside.
    private static func funding(
        of task: Digest,
        _ terms: TaskTerms,
        _ state: LedgerState
    ) throws(LedgerError) -> [EntryBody] {
        guard terms.pool > 0 else { return [] }
        let source = terms.sponsor ?? .issuance
        let credit = terms.sponsor == nil ? AccountName.pool(task) : .escrow(task)
        guard state.accounts.check(debit: source, credit: credit, amount: terms.pool) == .created else {
            let left =
                terms.sponsor.map { state.accounts.balance(of: $0).available }
                ?? ((state.genesis?.cap ?? 0) - state.supply)
            throw LedgerError(
                .unfunded,
                """
                the task promises \(terms.pool) units; \(terms.sponsor?.text ?? "the cap") has \(left) left. Lower the \
                pool or find another source
                """
            )
        }
        return [
            .transfer(
                Transfer(
                    kind: terms.sponsor == nil ? .emission : .deposit,
                    debit: source,
                    credit: credit,
                    amount: terms.pool,
                    task: task,
                    period: 0
                )
            )
        ]
    }

    static func apply(_ assigned: UnitsAssigned, to state: inout LedgerState) throws(LedgerError) {
        guard Int(assigned.participant) < state.participants.count else {
            throw LedgerError(.unknownParticipant, "there is no participant \(assigned.participant)")
        }
        guard Units.allowed.contains(assigned.units) else {
            throw LedgerError(.badUnits, "\(assigned.units) units; 1 to 8 are allowed")
        }
        let changes = state.participants[Int(assigned.participant)].unitChanges
        guard assigned.change == changes else {
            throw LedgerError(.badUnits, "change \(assigned.change) of the units where \(changes) is next")
        }
        if let task = assigned.task {
            _ = try openTask(task, state)
            state.tasks[task]?.assignedUnits[assigned.participant] = assigned.units
        } else {
            state.participants[Int(assigned.participant)].units = assigned.units
            state.participants[Int(assigned.participant)].isVouchedFor = true
        }
        state.participants[Int(assigned.participant)].unitChanges += 1
    }
}
