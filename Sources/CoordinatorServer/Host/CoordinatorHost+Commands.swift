package import Attestation
package import Coordination
package import Ledger

extension CoordinatorHost {
    /// Registers a key.
    ///
    /// - Parameters:
    ///   - units: how much its updates count, 1 to 8; 0 for the ordinary number.
    ///   - isInvited: it has used an invitation.
    package func register(
        _ key: PublicKey, label: String, units: UInt32 = 0, isInvited: Bool = true
    ) throws(CoordinationError) -> (number: UInt32, sequence: UInt64) {
        try command { nowMs throws(CoordinationError) in
            try coordinator.register(key, label: label, units: units, isInvited: isInvited, nowMs: nowMs)
        }
    }

    /// Opens a task, with its pool set aside.
    package func open(_ task: RehearsedTask) throws(CoordinationError) -> OpenedTask {
        try command { nowMs throws(CoordinationError) in try coordinator.open(task, nowMs: nowMs) }
    }

    /// Refuses a task that could not be opened, before its bound is measured.
    package func check(_ material: TaskMaterial) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.check(material, nowMs: nowMs) }
    }

    /// Closes a task: what was earned is paid, the rest returned.
    package func closeTask(_ task: Digest) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.closeTask(task, nowMs: nowMs) }
    }

    /// Adds to a task's pool from its sponsor's account.
    package func deposit(_ amount: UInt64, into task: Digest) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.deposit(amount, into: task, nowMs: nowMs) }
    }

    /// Assigns units to a participant, from the next round opened on.
    ///
    /// - Parameter task: the task that they hold for; nil for all.
    package func assign(units: UInt32, to number: UInt32, task: Digest?) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in
            try coordinator.assign(units: units, to: number, task: task, nowMs: nowMs)
        }
    }

    /// A participant says that it leaves.
    package func leave(_ key: PublicKey) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.leave(key, nowMs: nowMs) }
    }

    /// Bans a participant, or lifts the ban.
    package func ban(_ number: UInt32, _ isBanned: Bool) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.ban(number, isBanned, nowMs: nowMs) }
    }

    /// What a participant is to do: at once where there is something, or when there is, or after `waitMs` that there is
    /// nothing.
    ///
    /// - Parameter link: the connection that asks; where it is lost the wait ends.
    /// - Throws: as `Coordinator.work`; `limitExceeded` while the coordinator stops.
    package func work(
        for key: PublicKey, query: WorkQuery, waitMs: UInt32, link: ConnectionLink?
    ) async throws(CoordinationError) -> WorkAnswer {
        let deadlineMs = Self.steadyMs() + UInt64(waitMs)
        // That every task is closed by now is news to whoever has waited, or was at work at one of them.
        var isNews = query.current.map { coordinator.isClosed($0.task) } ?? false
        while true {
            // Effects are settled when the request waits, so that it hears of what it brings about.
            let answer = try attempt { nowMs throws(CoordinationError) in
                try coordinator.work(for: key, query: query, nowMs: nowMs)
            }
            advanceSoon()
            guard case .idle(_, let allClosed) = answer, !(allClosed && isNews), Self.steadyMs() < deadlineMs else {
                settle()
                return answer
            }
            switch await park(key, deadlineMs: deadlineMs, link: link) {
            case .changed: isNews = true
            case .expired, .dropped: return answer
            case .stopping:
                throw CoordinationError(.limitExceeded, "the coordinator stops", hint: "ask again in a moment")
            }
        }
    }

    /// Whether a key may upload this now.
    package func checkUpload(_ plan: UploadPlan) throws(CoordinationError) {
        try command { nowMs throws(CoordinationError) in try coordinator.checkUpload(plan, nowMs: nowMs) }
    }

    /// Takes a contribution; returns when what became of it is durable.
    ///
    /// - Throws: `ledgerFailed`, also where the ledger fails while the answer is waited for.
    package func submit(_ contribution: SignedContribution) async throws(CoordinationError) -> ContributionAnswer {
        var number: UInt64 = 0
        defer { forget(submission: number) }
        let result: Result<ContributionAnswer, CoordinationError> = await withCheckedContinuation { continuation in
            let reply = SingleReply(continuation)
            number = expect(reply)
            do throws(CoordinationError) {
                try command { nowMs throws(CoordinationError) in
                    try coordinator.submit(contribution, nowMs: nowMs) { reply.give(.success($0)) }
                }
            } catch {
                reply.give(.failure(error))
            }
        }
        return try result.get()
    }
}
