internal import Attestation
internal import Coordination
internal import Logging

/// Says what everybody waits for, whenever that changes, and from time to time while it does not.
struct ProgressReporter {
    /// What makes it worth a line.
    private struct Mark: Equatable {
        let round: UInt32
        let stage: TaskStatus.Stage
        let accepted: Int
    }

    private let host: CoordinatorHost
    private let logger: Logger
    private var marks: [Digest: (mark: Mark, said: ContinuousClock.Instant)] = [:]

    init(host: CoordinatorHost, logger: Logger) {
        self.host = host
        self.logger = logger
    }

    /// Reports until the changes end. Rounds that take less than a moment are not followed step by step.
    mutating func run(_ changes: AsyncStream<Void>) async {
        for await _ in changes {
            do { try await Task.sleep(for: Self.pause) } catch { return }
            await report()
        }
    }

    private static let pause = Duration.milliseconds(400)

    /// Asks for reports although nothing changed, until it is cancelled.
    static func remind(_ changes: AsyncStream<Void>.Continuation) async {
        while (try? await Task.sleep(for: CoordinatorServerLimits.progressInterval)) != nil { changes.yield() }
    }

    private mutating func report() async {
        for task in await host.tasks() where task.stage != .closed {
            let mark = Mark(round: task.round, stage: task.stage, accepted: task.acceptedCount)
            let now = ContinuousClock.now
            if let last = marks[task.task], last.mark == mark,
                now - last.said < CoordinatorServerLimits.progressInterval
            {
                continue
            }
            marks[task.task] = (mark, now)
            guard let waitingFor = task.waitingFor else { continue }
            logger.info("round \(max(task.round, 1)) of \(task.roundCount) of \(task.name): \(waitingFor)")
        }
    }
}
