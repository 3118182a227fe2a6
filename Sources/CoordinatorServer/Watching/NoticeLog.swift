internal import Attestation
internal import Coordination
internal import Federation
internal import Ledger
internal import Logging
internal import Synchronization

/// Says in the log what the coordinator's core reports.
final class NoticeLog: Sendable {
    private struct Names {
        var tasks: [Digest: String] = [:]
        var participants: [UInt32: String] = [:]
    }

    private let logger: Logger
    private let names = Mutex(Names())

    init(_ logger: Logger) { self.logger = logger }

    /// Learns the names of what was there before the start.
    func learn(tasks: [TaskStatus], participants: [ParticipantStatus]) {
        names.withLock { names in
            for task in tasks { names.tasks[task.task] = task.name }
            for participant in participants { names.participants[participant.number] = participant.label }
        }
    }

    func take(_ notice: CoordinatorNotice) {
        switch notice {
        case .workChanged: break
        case .participantRegistered(let number, let key, let label):
            names.withLock { $0.participants[number] = label }
            logger.info("\(participant(number)) joined", metadata: ["key": "\(key.did)"])
        case .taskOpened(let task, let name):
            names.withLock { $0.tasks[task] = name }
            logger.info("task \(name) was opened", metadata: ["task": "\(task)"])
        case .roundOpened(let task, let invitation):
            logger.info("round \(invitation.round) of \(name(task)), invited: \(invitation.cohort.count)")
        case .contributionAccepted(let task, let round, let accepted, let sequence):
            logger.debug(
                "\(participant(accepted.participant)) contributed to round \(round) of \(name(task))",
                metadata: ["entry": "\(sequence)"])
        case .contributionRefused(let task, let round, let key, let reason, let detail):
            logger.info(
                "a contribution to round \(round) of \(name(task)) was refused: \(reason.name), \(detail)",
                metadata: ["key": "\(key?.did ?? "unknown")"])
        case .roundSealed(let task, let sealed, _): roundSealed(task, sealed)
        case .roundRevealed(let task, let revealed, let scores):
            logger.debug("round \(revealed.round) of \(name(task)): \(scores.count) scores are revealed")
        case .taskSettled(let task, let settled):
            logger.notice(
                """
                task \(name(task)) pays \(TokenAmount.text(settled.paid)) of \(TokenAmount.text(settled.pool)): the \
                validation loss went from \(Self.nats(settled.lossBefore)) to \(Self.nats(settled.lossAfter))
                """)
        case .rewarded: break
        case .taskClosed(let task, let closed):
            logger.notice(
                "task \(name(task)) is closed after \(closed.rounds) rounds\(Self.reason(closed))",
                metadata: ["model": "\(closed.model)", "task": "\(task)"])
        case .ejected(let number, _):
            logger.notice("\(participant(number)) missed too many rounds and is left out for a while")
        case .taskFailed(let task, let error):
            logger.error("task \(name(task)) stands still: \(error)", metadata: ["task": "\(task)"])
        }
    }

    private func roundSealed(_ task: Digest, _ sealed: RoundSealed) {
        let round = "round \(sealed.round) of \(name(task))"
        switch sealed.outcome {
        case .aggregated:
            let accuracy = sealed.metrics.map { ", accuracy \(Double($0.testAccuracyPpm / 100) / 10_000)" } ?? ""
            logger.info("\(round): \(sealed.accepted) accepted\(accuracy)")
        case .noQuorum: logger.notice("\(round) had no quorum: \(sealed.accepted) accepted")
        case .diverged: logger.notice("\(round) diverged: the model stays as it was, and nobody is scored")
        case .abandoned: logger.notice("\(round) is given up, since its task closes: nobody is scored")
        }
    }

    /// Why a task ends, where that is not its plan.
    private static func reason(_ closed: TaskClosed) -> String {
        switch closed.reason {
        case .byOperator: ", by the operator"
        case .closeBy: ": its time is over"
        case .diverged: ": three in a row diverged"
        case .completed, nil: ""
        }
    }

    /// 10^-12 nat in nats, with four places.
    private static func nats(_ picos: Int64) -> Double { (Double(picos) / 1e8).rounded() / 1e4 }

    private func name(_ task: Digest) -> String {
        names.withLock { $0.tasks[task] } ?? String(task.hex.prefix(12))
    }

    private func participant(_ number: UInt32) -> String {
        let label = names.withLock { $0.participants[number] } ?? ""
        return label.isEmpty ? "participant \(number)" : "\(label) (participant \(number))"
    }
}
