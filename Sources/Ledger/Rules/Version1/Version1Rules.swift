internal import Attestation

/// The rules of version 1, for logs that were begun under them: they are replayed, verified and audited, and take no
/// more entries.
package enum Version1Rules {
    /// The version that the logs' genesis entries name.
    package static let version: UInt32 = 1

    /// Judges and carries out the entries that version 1 judges in its own way.
    static func apply(_ entry: Entry, to state: inout LedgerState) throws(LedgerError) {
        switch entry.body {
        case .roundOpened(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        case .contributionAccepted(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        case .roundSealed(let body): try apply(body, to: &state)
        case .scores(let body): try apply(body, to: &state)
        case .epochSettled(let body): try apply(body, to: &state)
        case .taskClosed(let body): try apply(body, to: &state)
        default: break
        }
    }

    static func check(_ opened: TaskOpened) throws(LedgerError) {
        try LedgerRules.checkShape(of: opened)
        guard let reward = opened.reward else {
            throw LedgerError(.badTask, "a task without a reward rule")
        }
        guard (1...LedgerLimits.epochRounds).contains(reward.epochRounds) else {
            throw LedgerError(.badTask, "epochs of \(reward.epochRounds) rounds")
        }
        guard reward.sponsor.map({ $0.kind == .sponsor }) ?? true else {
            throw LedgerError(.badTask, "a task whose sponsor is \(reward.sponsor?.text ?? "")")
        }
    }

    static func apply(_ closed: TaskClosed, to state: inout LedgerState) throws(LedgerError) {
        let task = try LedgerRules.openTask(closed.task, state, allowing: [.running, .settled])
        guard task.round == nil else {
            throw LedgerError(.roundOpen, "round \(task.roundsFinished + 1) is not over; seal and score it first")
        }
        guard !task.hasUnsettledRounds else {
            throw LedgerError(.settlementDue, "epoch \(task.epochsSettled + 1) must be settled before the task closes")
        }
        guard closed.rounds == task.roundsFinished else {
            throw LedgerError(.wrongCounts, "a close after \(closed.rounds) rounds; \(task.roundsFinished) are over")
        }
        guard closed.model == task.model else {
            throw LedgerError(
                .wrongModel, "a close with the model \(closed.model); the task's is \(task.model ?? .zero)")
        }
        state.tasks[closed.task]?.stage = .closed
        state.enqueue(LedgerRules.returns(of: task, state))
    }
}

extension TaskState {
    /// The reward rule, which every task of a version 1 log has.
    var reward: RewardRule {
        guard let reward = opening.reward else { preconditionFailure("a task of a version 1 log without a reward") }
        return reward
    }
}
