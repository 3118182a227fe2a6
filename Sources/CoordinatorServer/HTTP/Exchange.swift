internal import Attestation
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import SwiftProtobuf
internal import Wire

/// One request on its connection.
struct Exchange: Sendable {
    let request: Request
    let channel: any Channel
    let link: ConnectionLink
    /// Where the client is, as far as rates are concerned.
    let address: String
    /// The key that must have signed the request, and the log's origin; nil where no signature is wanted.
    var signer: (key: PublicKey, origin: String)?

    init(request: Request, channel: any Channel, link: ConnectionLink) {
        self.request = request
        self.channel = channel
        self.link = link
        address = ClientAddress.name(of: channel.remoteAddress?.ipAddress)
    }

    /// Whether the client is on this machine.
    var isLocal: Bool { ClientAddress.isLoopback(channel.remoteAddress?.ipAddress) }

    /// The token of `Authorization: Bearer TOKEN`.
    var token: Substring? {
        guard let value = request.headers[.authorization] else { return nil }
        let words = value.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer", words[1].utf8.count <= 128 else { return nil }
        return words[1]
    }

    /// Refuses a request that its session's key has not signed, where that is wanted.
    ///
    /// - Throws: `ServerProblem`: `badSignature`.
    func checkSignature(of body: [UInt8]) throws(ServerProblem) {
        guard let signer else { return }
        let value = HTTPField.Name(RequestSignature.header).flatMap { request.headers[$0] } ?? ""
        guard
            RequestSignature.isValid(
                value, by: signer.key, method: request.method.rawValue, path: request.head.path ?? "/", body: body,
                token: token ?? "", origin: signer.origin)
        else {
            throw ServerProblem(
                .badSignature,
                """
                the header \(RequestSignature.header) is not the signature of the session's key over this request; a \
                token alone can only read
                """, hint: "Protocols/http.md says what is signed; an agent that does not is to be updated")
        }
    }

    /// Reads a protobuf body, and checks the request's signature where one is wanted.
    ///
    /// - Throws: `ServerProblem`: `tooLarge`, `badSignature`, `malformedRequest`, or `timeout` for a body that was cut.
    func message<Body: Message>(_: Body.Type = Body.self, limit: Int) async throws -> Body {
        var bytes: [UInt8] = []
        try await read(limit: limit) { bytes.append(contentsOf: $0.readableBytesView) }
        try checkSignature(of: bytes)
        do {
            return try Body(serializedBytes: bytes)
        } catch {
            throw ServerProblem.malformed("the body is not a \(Body.protoMessageName)")
        }
    }

    /// Reads a chunk.
    ///
    /// - Throws: `ServerProblem`: `tooLarge`, or `timeout` for a body that was cut.
    func chunk(into buffer: ChunkBuffer, limit: Int) async throws {
        try await read(limit: limit) { _ = buffer.append($0) }
    }

    /// Refuses a body that says itself that it is too large.
    ///
    /// - Throws: `ServerProblem`: `tooLarge`.
    func checkAnnouncedSize(limit: Int) throws(ServerProblem) {
        if let announcedByteCount, announcedByteCount > limit { throw Self.tooLarge(limit) }
    }

    private var announcedByteCount: Int? { request.headers[.contentLength].flatMap { Int($0) } }

    private func read(limit: Int, _ take: (ByteBuffer) -> Void) async throws {
        try checkAnnouncedSize(limit: limit)
        let announced = announcedByteCount
        var count = 0
        // Smaller ones have come already.
        if announced ?? .max > CoordinatorServerLimits.promptBodyByteCount {
            channel.triggerUserOutboundEvent(ConnectionWatch.BodyWanted(), promise: nil)
        }
        do {
            for try await part in request.body {
                count += part.readableBytes
                guard count <= limit else { throw Self.tooLarge(limit) }
                take(part)
            }
        } catch let error where !(error is ServerProblem || error is ConnectionWatch.BodyTimeout) {
            // Bytes that are not HTTP, or a connection that ended. What follows a whole body does not concern it.
            if announced == count { return }
            if link.isDropped { throw Self.cut(count) }
            throw ServerProblem(
                .malformedRequest, "the body cannot be read after \(count) bytes: \(error)", hint: "send it again",
                closesConnection: true)
        }
        guard announced == count || announced == nil && !link.isDropped else { throw Self.cut(count) }
    }

    /// A connection that ended, or half of it: if the sender hears of it at all, it is to try again, as after any other
    /// lost link.
    private static func cut(_ count: Int) -> ServerProblem {
        ServerProblem(
            .timeout, "the connection ended after \(count) bytes of the body", hint: "send it again",
            closesConnection: true)
    }

    private static func tooLarge(_ limit: Int) -> ServerProblem {
        ServerProblem(
            .tooLarge, "the body has more than \(limit) bytes", hint: "Protocols/http.md has the limits",
            closesConnection: true)
    }
}
