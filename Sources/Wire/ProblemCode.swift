/// Why a request was not carried out: the words of `WireProblem.code`, each with its HTTP status (Protocols/http.md).
package enum ProblemCode: String, CaseIterable, Sendable {
    /// The request's line, headers or body cannot be read.
    case malformedRequest = "malformed_request"
    /// No session token, or one that is unknown or has expired: open a session.
    case unknownSession = "unknown_session"
    /// The challenge is unknown, was used, or its signature does not hold.
    case badSignature = "bad_signature"
    /// The session's role may not do this.
    case forbidden = "forbidden"
    /// The operator has banned the key.
    case banned = "banned"
    /// The invitation is unknown, used up or expired.
    case badInvitation = "bad_invitation"
    /// The key is not registered as a participant.
    case notRegistered = "not_registered"
    /// There is no such path, blob, task or entry.
    case notFound = "not_found"
    /// The body came too slowly, or its connection ended before it did.
    case timeout = "timeout"
    /// The round that this is for is not open, or this was not announced.
    case conflict = "conflict"
    /// The body has more bytes than its limit.
    case tooLarge = "too_large"
    /// The bytes do not have the digest that they were sent under.
    case wrongDigest = "wrong_digest"
    /// The task file cannot be used.
    case invalidTask = "invalid_task"
    /// Too many requests of this key or address.
    case rateLimited = "rate_limited"
    /// The coordinator failed; its log has more.
    case internalFailure = "internal"
    /// The coordinator is starting, stopping or at a limit.
    case unavailable = "unavailable"
    /// The coordinator's disk is full.
    case diskFull = "disk_full"

    /// The HTTP status that goes with it.
    package var status: Int {
        switch self {
        case .malformedRequest: 400
        case .unknownSession, .badSignature: 401
        case .forbidden, .banned, .badInvitation, .notRegistered: 403
        case .notFound: 404
        case .timeout: 408
        case .conflict: 409
        case .tooLarge: 413
        case .wrongDigest, .invalidTask: 422
        case .rateLimited: 429
        case .internalFailure: 500
        case .unavailable: 503
        case .diskFull: 507
        }
    }
}
