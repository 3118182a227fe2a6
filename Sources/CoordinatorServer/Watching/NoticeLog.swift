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
        case .rewarded: break
        case .taskClosed(let task, let closed):
            logger.notice(
                "task \(name(task)) is closed after \(closed.rounds) rounds",
                metadata: ["model": "\(closed.model)", "task": "\(task)"])
        case .ejected(let number, _):
            logger.notice("\(participant(number)) missed too many rounds and is left out for a while")
        case .taskFailed(let task, let error):
            logger.error("task \(name(task)) stands still: \(error)", metadata: ["task": "\(task)"])
        }
    }

    private func roundSealed(_ task: Digest, _ sealed: RoundSealed) {
        guard let metrics = sealed.metrics else {
            return logger.notice("round \(sealed.round) of \(name(task)) had no quorum: \(sealed.accepted) accepted")
        }
        let accuracy = Double(metrics.testAccuracyPpm / 100) / 10_000
        logger.info("round \(sealed.round) of \(name(task)): \(sealed.accepted) accepted, accuracy \(accuracy)")
    }

    private func name(_ task: Digest) -> String {
        names.withLock { $0.tasks[task] } ?? String(task.hex.prefix(12))
    }

    private func participant(_ number: UInt32) -> String {
        let label = names.withLock { $0.participants[number] } ?? ""
        return label.isEmpty ? "participant \(number)" : "\(label) (participant \(number))"
    }
}
