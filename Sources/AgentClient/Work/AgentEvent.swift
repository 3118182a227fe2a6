package import Ledger

/// What an agent tells whoever watches it, a line each.
package enum AgentEvent: Sendable {
    /// A contribution that the coordinator has answered.
    package struct Answered: Sendable {
        package let taskName: String
        package let round: UInt32
        /// Examples that the statement names.
        package let sampleCount: UInt64
        /// How training went; nil where the update was made before the agent was restarted.
        package let training: TrainingNote?
        package let sentByteCount: Int
        package let fetchedByteCount: Int
        /// The entry that accepts it; nil where it does not count.
        package let sequence: UInt64?
        /// Why it does not count.
        package let reason: String?
    }

    case connected(origin: String, participant: ParticipantNumber, openTasks: Int)
    /// This machine's clock is so many seconds before (positive) or behind the coordinator's.
    case clockDiffers(seconds: Int64)
    case waiting(String)
    /// A request failed for the `tries`-th time and is made again; not every time is told.
    case retrying(AgentError, waitMs: UInt64, tries: Int)
    case declined(taskName: String, reason: String)
    /// How a task pays: told once, before the agent trains for it.
    case pays(taskName: String, notice: String)
    case answered(Answered)
    /// The round closed before the contribution was in.
    case roundOver(round: UInt32, String)
    case failed(round: UInt32, AgentError)
    case resent(round: UInt32, byteCount: Int)
    case receiptRefused(sequence: UInt64, AgentError)
    case recordsDiffer(String)
    case finished(String)

    /// The event in one line, for people. What the coordinator sent must not move the cursor of a terminal.
    package var line: String { text.shown() }

    private var text: String {
        switch self {
        case .connected(let origin, let participant, let openTasks):
            "connected to \(origin) as participant \(participant); \(openTasks) open task\(openTasks == 1 ? "" : "s")"
        case .clockDiffers(let seconds):
            """
            this machine's clock is \(Self.duration(abs(seconds))) \(seconds > 0 ? "ahead of" : "behind") the \
            coordinator's: one of the two is wrong, and `timedatectl` says whether this one is synchronised. Deadlines \
            are kept all the same; `hours` go by this one
            """
        case .waiting(let reason): reason
        case .retrying(let error, let waitMs, let tries):
            "\(error.message); trying again in \(Self.seconds(Double(waitMs) / 1_000))"
                + (tries > 1 ? " (failed \(tries) times)" : "")
        case .declined(let name, let reason): "declined task \(name): \(reason)"
        case .pays(let name, let notice): "task \(name): \(notice)"
        case .answered(let answered): Self.line(answered)
        case .roundOver(let round, let reason): "round \(round): \(reason)"
        case .failed(let round, let error): "round \(round): \(error.description)"
        case .resent(let round, let byteCount):
            "round \(round): sent the update again on request (\(Self.bytes(byteCount)))"
        case .receiptRefused(let sequence, let error):
            "receipt of entry \(sequence) does not hold: \(error.description)"
        case .recordsDiffer(let text): text
        case .finished(let reason): reason
        }
    }

    private static func line(_ answered: Answered) -> String {
        var parts: [String] = []
        if let training = answered.training {
            let figures = training.figures.map { " (\($0))" } ?? ""
            parts.append("trained on \(answered.sampleCount) examples in \(Self.seconds(training.seconds))\(figures)")
        } else {
            parts.append("took up what was trained on \(answered.sampleCount) examples")
        }
        parts.append("sent \(bytes(answered.sentByteCount))")
        if let sequence = answered.sequence {
            parts.append("accepted (entry \(sequence))")
        } else {
            parts.append("does not count: \(answered.reason ?? "no reason given")")
        }
        return "round \(answered.round): \(parts.joined(separator: ", "))"
    }

    private static func seconds(_ value: Double) -> String {
        value < 0.0995 ? "\(Int((value * 1_000).rounded())) ms" : "\((value * 10).rounded() / 10) s"
    }

    private static func duration(_ seconds: Int64) -> String {
        seconds < 7_200 ? "\(seconds / 60) min" : "\(seconds / 3_600) h"
    }

    private static func bytes(_ count: Int) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: "\((count + 500) / 1_000) kB"
        default: "\((Double(count) / 100_000).rounded() / 10) MB"
        }
    }
}
