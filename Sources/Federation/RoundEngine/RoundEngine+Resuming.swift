package import Ledger

extension RoundEngine {
    /// Takes up the round that the ledger shows open, or sealed without its scores, after a restart; to be called once,
    /// before the first event.
    ///
    /// What was accepted stays accepted, what was being checked is forgotten: whoever sent it sends it again.
    ///
    /// - Parameters:
    ///   - state: the task's round, as a replay gives it.
    ///   - firstTicket: the tickets from here on name the accepted contributions, in ascending order of participant.
    /// - Returns: what is to be done: the accepted updates are added to the sum anew, and the cohort is told again.
    package mutating func resume(_ state: RoundState, firstTicket: UInt64, atMs nowMs: UInt64) -> [RoundEffect] {
        guard case .idle = phase else { return [] }
        entryTimeMs = min(nowMs, state.deadlineMs)
        takeUp(round: state.number)
        var open = OpenRound(
            number: state.number, cohort: Set(state.cohort), baseModel: state.baseModel, deadlineMs: state.deadlineMs,
            boundSquared: state.boundSquared, units: Dictionary(uniqueKeysWithValues: zip(state.cohort, state.units)))
        var effects: [RoundEffect] = []
        for (place, participant) in state.accepted.keys.sorted().enumerated() {
            guard let known = state.accepted[participant] else { continue }
            let contribution = AcceptedContribution(
                ticket: firstTicket + UInt64(place), participant: participant, known)
            open.accept(contribution)
            effects.append(.fold(contribution))
        }
        phase = .collecting(open)
        let isFull =
            open.accepted.count >= plan.fullCount(cohortCount: open.cohort.count)
            || open.accepted.count == open.cohort.count
        if state.sealed != nil || isFull { return effects + closeRound(open, nowMs) }
        effects.append(
            .invite(
                Invitation(
                    round: open.number, cohort: state.cohort, baseModel: open.baseModel, deadlineMs: open.deadlineMs)))
        return effects + [.setTimer(round: open.number, atMs: open.deadlineMs)]
    }
}
