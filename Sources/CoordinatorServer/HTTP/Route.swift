internal import Attestation
internal import Wire

/// What a request asks for: the table of endpoints in Protocols/http.md.
enum Route: Equatable, Sendable {
    case health, readiness, metrics
    case coordinator
    case challenge, openSession
    case register, leave
    case work
    case tasks
    case taskText(Digest)
    case blob(Digest)
    case blobChunk(Digest, Int)
    case beginUpload(Digest)
    case putChunk(Digest, Int)
    case contribute
    case account
    case receipt(UInt64)
    case checkpoint
    case entries(from: UInt64, count: Int)
    case openTask
    case invite
    case participants
    case ban(UInt32)
    case units(UInt32)
    case closeTask(Digest)
    case fundTask(Digest, UInt64)

    /// Reads a request's line.
    ///
    /// - Throws: `ServerProblem`: `notFound` for no such path, `malformedRequest` for a number or digest in it that is
    ///   none.
    init(method: String, target: String) throws(ServerProblem) {
        guard target.utf8.count <= 512 else { throw .malformed("the path has \(target.utf8.count) bytes") }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let query = halves.count > 1 ? halves[1] : ""
        switch (method, Array(path)) {
        case ("GET", ["healthz"]): self = .health
        case ("GET", ["readyz"]): self = .readiness
        case ("GET", ["metrics"]): self = .metrics
        case ("GET", ["v1", "coordinator"]): self = .coordinator
        case ("POST", ["v1", "sessions", "challenge"]): self = .challenge
        case ("POST", ["v1", "sessions"]): self = .openSession
        case ("POST", ["v1", "participants"]): self = .register
        case ("DELETE", ["v1", "participants", "me"]): self = .leave
        case ("POST", ["v1", "work"]): self = .work
        case ("GET", ["v1", "tasks"]): self = .tasks
        case ("POST", ["v1", "tasks"]): self = .openTask
        case ("POST", ["v1", "contributions"]): self = .contribute
        case ("GET", ["v1", "account"]): self = .account
        case ("GET", ["v1", "checkpoint"]): self = .checkpoint
        case ("POST", ["v1", "invitations"]): self = .invite
        case ("GET", ["v1", "participants"]): self = .participants
        case ("GET", ["v1", "ledger", "entries"]): self = try Self.entries(query)
        default: self = try Self.numbered(method, Array(path))
        }
    }

    /// Paths with a digest or a number in them.
    private static func numbered(_ method: String, _ path: [Substring]) throws(ServerProblem) -> Route {
        guard path.count >= 3, path[0] == "v1" else { throw Self.unknown }
        let rest = Array(path.dropFirst(3))
        switch (method, path[1]) {
        case ("GET", "tasks") where rest.isEmpty: return .taskText(try digest(path[2]))
        case ("GET", "receipts") where rest.isEmpty: return .receipt(try number(path[2]))
        case ("GET", "blobs") where rest.isEmpty: return .blob(try digest(path[2]))
        case ("GET", "blobs") where rest.count == 2 && rest[0] == "chunks":
            return .blobChunk(try digest(path[2]), try chunk(rest[1]))
        case ("POST", "updates") where rest.isEmpty: return .beginUpload(try digest(path[2]))
        case ("PUT", "updates") where rest.count == 2 && rest[0] == "chunks":
            return .putChunk(try digest(path[2]), try chunk(rest[1]))
        case ("POST", "participants") where rest == ["ban"]: return .ban(try participant(path[2]))
        case ("POST", "participants") where rest == ["units"]: return .units(try participant(path[2]))
        case ("POST", "tasks") where rest == ["close"]: return .closeTask(try digest(path[2]))
        case ("POST", "tasks") where rest.count == 2 && rest[0] == "deposits":
            return .fundTask(try digest(path[2]), try number(rest[1]))
        default: throw Self.unknown
        }
    }

    private static let unknown = ServerProblem(
        .notFound, "there is no such path", hint: "Protocols/http.md has the endpoints")

    private static func digest(_ text: Substring) throws(ServerProblem) -> Digest {
        // Lower case alone, so that a blob has one address.
        guard text.utf8.allSatisfy({ $0 < UInt8(ascii: "A") || $0 > UInt8(ascii: "Z") }),
            let digest = try? Digest(hex: String(text))
        else { throw .malformed("'\(text.prefix(80))' is not a digest of 64 lower-case hexadecimal digits") }
        return digest
    }

    private static func number(_ text: Substring) throws(ServerProblem) -> UInt64 {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = UInt64(text)
        else { throw .malformed("'\(text.prefix(40))' is not a decimal number") }
        return value
    }

    private static func participant(_ text: Substring) throws(ServerProblem) -> UInt32 {
        guard let number = UInt32(exactly: try number(text)) else {
            throw .malformed("'\(text.prefix(40))' is not a participant's number")
        }
        return number
    }

    private static func chunk(_ text: Substring) throws(ServerProblem) -> Int {
        let value = try number(text)
        guard value < UInt64(WireLimits.chunkCount) else {
            throw ServerProblem(.notFound, "there is no chunk \(value); a blob has at most \(WireLimits.chunkCount)")
        }
        return Int(value)
    }

    private static func entries(_ query: Substring) throws(ServerProblem) -> Route {
        var from: UInt64 = 0
        var count: UInt64 = UInt64(WireLimits.entryPageCount)
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw .malformed("'\(pair.prefix(40))' is not name=number") }
            switch sides[0] {
            case "from": from = try number(sides[1])
            case "count": count = try number(sides[1])
            default: throw .malformed("unknown '\(sides[0].prefix(40))'; known are from and count")
            }
        }
        return .entries(from: from, count: Int(min(count, UInt64(WireLimits.entryPageCount))))
    }
}
