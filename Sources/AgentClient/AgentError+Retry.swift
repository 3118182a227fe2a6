package import Wire

extension AgentError {
    /// Whether the same request may succeed later without anybody changing anything: a lost link, a coordinator that
    /// starts, stops, fails or is at a limit.
    package var isTransient: Bool {
        switch code {
        case .unreachable, .unknownHost: return true
        case .refused:
            guard let problem, let known = ProblemCode(rawValue: problem) else { return false }
            switch known {
            case .rateLimited, .unavailable, .internalFailure, .diskFull, .timeout, .unknownSession: return true
            default: return false
            }
        default: return false
        }
    }

    /// Whether the coordinator answered with this problem.
    package func isProblem(_ code: ProblemCode) -> Bool { problem == code.rawValue }
}
