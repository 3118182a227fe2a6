import Coordination
import Federation
import Ledger

extension FaultSimulator {
    /// Somebody outside has seen an effect: every entry so far must last.
    func acknowledgeAll() { ledger.acknowledgedCount = max(ledger.acknowledgedCount, ledger.entries.count) }

    /// The coordinator reports; what it says must be durable already.
    func heard(_ notice: CoordinatorNotice) {
        acknowledgeAll()
        listen?("    notice: \(notice)")
        switch notice {
        case .roundOpened(let task, let invitation):
            if !ledger.opened.contains(TaskRound(task: task, round: invitation.round)) {
                fail("round \(invitation.round) was announced before its entry was durable")
            }
        case .contributionAccepted(_, _, let contribution, let sequence):
            guard sequence < UInt64(ledger.bodies.count),
                case .contributionAccepted(let entry) = ledger.bodies[Int(sequence)],
                entry.statement.update == contribution.update
            else { return fail("an acceptance was announced as entry \(sequence), which is not it") }
        case .roundSealed(let task, let sealed, _):
            if !ledger.sealed.contains(TaskRound(task: task, round: sealed.round)) {
                fail("the seal of round \(sealed.round) was announced before its entry was durable")
            }
        case .taskClosed(let task, _):
            if !ledger.closed.contains(task) { fail("the close of a task was announced before its entry was durable") }
        case .ejected: faults.tally.ejections += 1
        case .taskFailed(_, let error):
            let isDisk = error.code == .storageFailed || error.code == .diskFull
            if !isDisk || faults.tally.failedWrites == 0 { fail("a task stands still: \(error)") }
        case .workChanged, .participantRegistered, .taskOpened, .contributionRefused, .rewarded, .roundRevealed,
            .taskSettled:
            break
        }
    }
}
