internal import Attestation
internal import Federation
internal import Ledger

/// Whether an agent takes a task, as far as pay and consent go.
extension AgentRunner {
    /// Why a task's pool is not believed, as the end of a sentence.
    private struct FundingObjection: Error {
        let reason: String
    }

    /// Checks once for each task whether it is taken, and tells how it pays. A task that is not taken is declined.
    func isTaken(_ task: TaskConfiguration, _ order: WorkOrder) -> Bool {
        if fundings[order.task] != nil { return true }
        let objection: String?
        var funding: TaskFunding?
        do {
            funding = try self.funding(of: task, order)
            objection = rules.objection(to: task, funded: funding?.amount ?? 0)
        } catch {
            objection = error.reason
        }
        if let objection {
            decline(order.task, objection)
            return false
        }
        fundings.updateValue(funding, forKey: order.task)
        observer(.pays(taskName: task.name, notice: PayNotice.text(task, funding: funding)))
        return true
    }

    /// The proof that a task's pool is set aside; nil where it pays nothing and needs none.
    private func funding(
        of task: TaskConfiguration, _ order: WorkOrder
    ) throws(FundingObjection) -> TaskFunding? {
        let pool = task.reward.pool
        guard pool > 0 else { return nil }
        let promise = "it promises \(TokenAmount.text(pool))"
        guard let proof = order.funding else {
            throw FundingObjection(reason: "\(promise) without a proof that anything is set aside for it")
        }
        let funding: TaskFunding
        do {
            funding = try TaskFunding(
                receipt: proof.receipt, sequence: proof.sequence, task: order.task, verifier: identity.verifier)
        } catch {
            throw FundingObjection(
                reason: "\(promise), and the proof that it is set aside does not hold: \(error.message)")
        }
        guard funding.amount >= pool else {
            throw FundingObjection(
                reason: "\(promise), but entry \(funding.sequence) sets only \(TokenAmount.text(funding.amount)) aside")
        }
        return funding
    }
}
