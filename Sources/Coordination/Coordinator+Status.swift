import Attestation
import Federation
import Ledger

extension Coordinator {
    /// Where a task stands, for people.
    func status(of task: TaskState) -> TaskStatus {
        let id = task.opening.task
        let name = running[id]?.configuration.name ?? Self.name(of: task)
        guard let open = running[id] else {
            return TaskStatus(
                task: id, name: name, round: task.roundsFinished, roundCount: task.roundsFinished,
                stage: task.stage == .closed ? .closed : .failed,
                acceptedCount: 0, invitedCount: 0, deadlineMs: nil, model: task.model ?? .zero,
                accuracyPpm: index.lastAggregated[id]?.last?.sealed.metrics?.testAccuracyPpm, waitingFor: nil,
                terms: task.opening.terms, funded: task.held(journal.state))
        }
        let stage: TaskStatus.Stage
        if open.failure != nil {
            stage = .failed
        } else if open.isAggregating {
            stage = .aggregating
        } else {
            stage = open.invitation == nil ? .waiting : .collecting
        }
        return TaskStatus(
            task: id, name: name, round: open.engine.round, roundCount: UInt32(open.configuration.roundCount),
            stage: stage, acceptedCount: open.accepted.count, invitedCount: open.invitation?.cohort.count ?? 0,
            deadlineMs: open.deadlineMs, model: task.model ?? .zero,
            accuracyPpm: index.lastAggregated[id]?.last?.sealed.metrics?.testAccuracyPpm,
            waitingFor: waitingFor(open), terms: open.terms, funded: task.held(journal.state))
    }

    /// What a task waits for: "waiting for 2 of 5: edge-3 (last seen 12 s ago), edge-4 (not seen yet)".
    func waitingFor(_ task: RunningTask) -> String? {
        if let failure = task.failure { return "it stands still: \(failure.message)" }
        if task.isAggregating { return nil }
        if !task.missing.isEmpty {
            let count = task.missing.count
            return "waiting for \(count) update\(count == 1 ? "" : "s") to be sent again: "
                + names(task.missing.keys.sorted(), task)
        }
        if let invitation = task.invitation {
            let open = invitation.cohort.filter { !task.accepted.contains($0) }
            guard !open.isEmpty else { return nil }
            return "waiting for \(open.count) of \(invitation.cohort.count): \(names(open, task))"
        }
        let wanted = max(1, task.engine.plan.fewestAvailable)
        let unavailable = self.unavailable(for: task)
        let available = participantCount - unavailable.count
        guard available < wanted else { return nil }
        let known = unavailable.isEmpty ? "" : ": \(names(unavailable.sorted(), task))"
        return "waiting for \(wanted - available) of \(wanted) participant\(wanted == 1 ? "" : "s")\(known)"
    }

    /// The first few participants by label, each with what became of it or when it was last seen.
    private func names(_ numbers: [ParticipantNumber], _ task: RunningTask) -> String {
        let shown = numbers.prefix(Self.shownNameCount).map { number in
            let label = journal.state.participants[Int(number)].label
            let name = label.isEmpty ? "participant \(number)" : label
            let member = membership.members[Int(number)]
            if member.isBanned { return "\(name) (banned)" }
            if member.hasLeft { return "\(name) (left)" }
            if task.declined.contains(number) { return "\(name) (declined)" }
            guard let seen = member.lastSeenMs else { return "\(name) (not seen yet)" }
            return "\(name) (last seen \((nowMs - min(nowMs, seen)) / 1_000) s ago)"
        }
        let more = numbers.count - shown.count
        return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private static let shownNameCount = 4

    static func name(of task: TaskState) -> String {
        let text = String(decoding: task.opening.configuration, as: UTF8.self)
        return (try? TaskConfiguration(text: text))?.name ?? String(task.opening.task.hex.prefix(12))
    }
}
