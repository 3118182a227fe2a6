internal import Attestation
internal import Federation
internal import Ledger
internal import Runs

/// A ledger entry as a line of a task's `events.jsonl`.
enum BookEvent {
    /// The task that an entry belongs to, and what it says; nil for entries of no task.
    static func of(_ entry: Entry, people: BookPeople) -> (task: Digest, event: RunEvent)? {
        let at: [String: RunEvent.Value] = ["entry": .unsigned(entry.sequence), "time_ms": .unsigned(entry.timeMs)]
        func event(
            _ task: Digest, _ kind: String, _ round: UInt32?, _ fields: [String: RunEvent.Value]
        ) -> (task: Digest, event: RunEvent) {
            (task, RunEvent(kind, round: round.map(Int.init), fields: at.merging(fields) { first, _ in first }))
        }
        func label(_ key: PublicKey?) -> RunEvent.Value {
            .text(key.flatMap { people.number(of: $0) }.map { people.label(of: $0) } ?? "unknown")
        }
        switch entry.body {
        case .taskOpened(let body):
            return event(body.task, "task-opened", nil, ["parameters": .unsigned(body.parameterCount)])
        case .roundOpened(let body):
            return event(body.task, "round-opened", body.round, ["cohort": .integer(Int64(body.cohort.count))])
        case .contributionAccepted(let body):
            return event(
                body.statement.task, "contribution-accepted", body.statement.round,
                [
                    "participant": label(body.statement.participantKey),
                    "samples": .unsigned(body.statement.sampleCount), "update": .text(body.statement.update.hex),
                ])
        case .contributionRefused(let body):
            guard let task = body.task else { return nil }
            return event(
                task, "contribution-refused", body.round,
                [
                    "participant": label(body.participantKey), "reason": .text(body.reason.name),
                    "detail": .text(body.detail),
                ])
        case .roundSealed(let body):
            return event(
                body.task, "round-sealed", body.round,
                [
                    "outcome": .text(RoundOutcome(body.outcome).rawValue),
                    "accepted": .integer(Int64(body.accepted)), "model": .text(body.model.hex),
                    "accuracy": .number(body.metrics.map { Double($0.testAccuracyPpm) / 1e6 } ?? .nan),
                ])
        case .transfer(let body):
            guard let task = body.task else { return nil }
            return event(
                task, "transfer", nil,
                [
                    "kind": .text("\(body.kind)"), "amount": .unsigned(body.amount),
                    "from": .text(body.debit.text), "to": .text(body.credit.text),
                ])
        case .epochSettled(let body):
            return event(
                body.task, "epoch-settled", body.lastRound,
                ["pool": .unsigned(body.pool), "paid": .unsigned(body.paid), "carried": .unsigned(body.carried)])
        case .taskSettled(let body):
            return event(
                body.task, "task-settled", nil,
                ["pool": .unsigned(body.pool), "payable": .unsigned(body.payable), "paid": .unsigned(body.paid)])
        case .taskClosed(let body):
            return event(
                body.task, "task-closed", nil,
                ["rounds": .integer(Int64(body.rounds)), "model": .text(body.model.hex)])
        case .genesis, .participantRegistered, .scores, .snapshot, .unitsAssigned, .roundRevealed: return nil
        }
    }

    /// The task that an entry belongs to, those included that are no event.
    static func task(of body: EntryBody) -> Digest? {
        switch body {
        case .taskOpened(let body): body.task
        case .roundOpened(let body): body.task
        case .contributionAccepted(let body): body.statement.task
        case .contributionRefused(let body): body.task
        case .roundSealed(let body): body.task
        case .scores(let body): body.task
        case .transfer(let body): body.task
        case .epochSettled(let body): body.task
        case .taskClosed(let body): body.task
        case .roundRevealed(let body): body.task
        case .taskSettled(let body): body.task
        case .unitsAssigned(let body): body.task
        case .genesis, .participantRegistered, .snapshot: nil
        }
    }
}
