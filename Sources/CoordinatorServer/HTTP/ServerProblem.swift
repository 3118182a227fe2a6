internal import Coordination
internal import Wire

/// Why a request is not carried out: what goes into `WireProblem`, with its status.
struct ServerProblem: Error {
    let code: ProblemCode
    let message: String
    var hint = ""
    var retryAfterMs: UInt64 = 0
    /// The connection cannot go on: what is left of the request is not read.
    var closesConnection = false

    init(
        _ code: ProblemCode, _ message: String, hint: String = "", retryAfterMs: UInt64 = 0,
        closesConnection: Bool = false
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.retryAfterMs = retryAfterMs
        self.closesConnection = closesConnection
    }

    /// A message that cannot be read.
    static func malformed(_ message: String) -> ServerProblem { ServerProblem(.malformedRequest, message) }

    /// No room for what a client sends. Where the coordinator's files are is for its log; and room is not made in a
    /// moment.
    static var diskFull: ServerProblem {
        ServerProblem(
            .diskFull, "the coordinator's disk is full", hint: "the operator has to make room",
            retryAfterMs: CoordinatorServerLimits.diskFullRetryMs)
    }

    /// What a client sees of any error. The sentences of the core's errors are for clients; those of others are for the
    /// log.
    init(_ error: any Error) {
        switch error {
        case let error as ServerProblem: self = error
        case let error as CoordinationError where error.code == .diskFull: self = .diskFull
        case let error as CoordinationError:
            let code = Self.code(of: error.code)
            let isOurs = code == .internalFailure
            self.init(
                code, isOurs ? "the coordinator failed; its log has more" : error.message,
                hint: isOurs ? "" : error.hint ?? "", retryAfterMs: code == .unavailable ? 1_000 : 0)
        case is ConnectionWatch.BodyTimeout:
            self.init(
                .timeout, "the body did not come within \(CoordinatorServerLimits.bodySeconds) s",
                hint: "send it again", closesConnection: true)
        case let error as InvitationBook.Refusal:
            self.init(.badInvitation, error.rawValue, hint: "ask the operator for another join string")
        case let error as CoordinatorServerError where error.code == .diskFull:
            self = .diskFull
        default: self.init(.internalFailure, "the coordinator failed; its log has more")
        }
    }

    private static func code(of code: CoordinationError.Code) -> ProblemCode {
        switch code {
        case .notRegistered: .notRegistered
        case .banned: .banned
        case .notFound: .notFound
        case .conflict: .conflict
        case .wrongDigest: .wrongDigest
        case .invalidTask: .invalidTask
        case .limitExceeded: .unavailable
        case .ledgerFailed, .staleLedger, .storageFailed, .computationFailed: .internalFailure
        case .diskFull: .diskFull
        }
    }
}
