import Attestation
import Ledger

extension Coordinator {
    /// Proposes an entry; it becomes durable with the next flush.
    func propose(_ body: EntryBody, timeMs: UInt64, written: @escaping (UInt64) -> Void = { _ in }) {
        proposed.append(Proposed(proposal: Proposal(body: body, timeMs: timeMs), written: written))
    }

    /// Makes what is proposed durable in one commit, then does what waits for that.
    ///
    /// - Throws: `ledgerFailed`, after which the process must stop.
    func flush() throws(CoordinationError) {
        if !proposed.isEmpty {
            let batch = proposed
            proposed.removeAll(keepingCapacity: true)
            do {
                let results = try journal.append(batch.map(\.proposal))
                for (entry, result) in zip(batch, results) {
                    if result.outcome == .appended { index.take(entry.proposal.body, sequence: result.sequence) }
                    entry.written(result.sequence)
                }
            } catch {
                afterwards.removeAll()
                throw Self.ledgerFailed(error)
            }
        }
        while !afterwards.isEmpty {
            let actions = afterwards
            afterwards.removeAll(keepingCapacity: true)
            for action in actions { action() }
        }
    }

    /// Appends what the rules say is due now, and reports the rewards among it.
    func appendDue(for task: Digest) throws(CoordinationError) {
        try flush()
        guard journal.state.hasDue else { return }
        do {
            for result in try journal.appendDue(timeMs: nowMs) where result.outcome == .appended {
                let body = try journal.entry(at: result.sequence).entry.body
                index.take(body, sequence: result.sequence)
                guard case .transfer(let transfer) = body, transfer.kind == .reward else { continue }
                environment.notify(.rewarded(task: task, transfer))
            }
        } catch {
            throw Self.ledgerFailed(error)
        }
    }
}
