/// What stops an agent, or one thing that it does. Equality is by `code` alone.
package struct AgentError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, CaseIterable, Sendable {
        /// The agent's folder cannot be read or written.
        case folderUnusable
        /// Another agent works in the folder.
        case folderBusy
        /// A file of the folder is not what the agent wrote.
        case folderDamaged
        /// The folder has no join string or key: nobody has joined from it.
        case notJoined
        /// The folder belongs to another coordinator.
        case joinedElsewhere
        /// The disk is full.
        case diskFull
        /// There is no consent file: nobody has said what to take part in.
        case consentMissing
        /// Data or a program to train with are not named, or are not where they were named.
        case inputMissing
        /// The settings or the consent file cannot be read.
        case invalidSettings
        /// The data cannot be read, or are not what the task needs.
        case unusableData
        /// Nobody answers at the coordinator's address, or the link broke.
        case unreachable
        /// The coordinator's name has no address.
        case unknownHost
        /// The server shows another certificate than the join string says.
        case wrongCertificate
        /// The server's log has another key than the join string says.
        case wrongLogKey
        /// The server answers something that the protocol does not allow.
        case unexpectedAnswer
        /// The coordinator refused a request; `problem` has its code.
        case refused
        /// What was downloaded does not have its digest.
        case wrongDigest
        /// The coordinator does not have what was asked for.
        case notFound
        /// The task file or the model cannot be used here.
        case unusableTask
        /// A receipt does not prove what it should.
        case receiptRefused
        /// The trainer ended with a failure.
        case trainerFailed
        /// The trainer passed its time limit.
        case trainerTimedOut
        /// What the trainer made is no update.
        case trainerOutputInvalid
        /// The trainer chose not to answer this round; nothing is wrong.
        case abstained
        /// Somebody asked the agent to stop.
        case stopped
        /// Something else failed underneath; the message is the cause's.
        case underlying
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence: what was wrong and where.
    package let message: String
    /// What to do next, where that is known.
    package let hint: String?
    /// The coordinator's word for it (`ProblemCode`), where the coordinator refused something.
    package let problem: String?
    /// When the coordinator would like to be asked again, where it said so.
    package let retryAfterMs: UInt64?

    package init(
        _ code: Code, _ message: String, hint: String? = nil, problem: String? = nil, retryAfterMs: UInt64? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.problem = problem
        self.retryAfterMs = retryAfterMs
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
