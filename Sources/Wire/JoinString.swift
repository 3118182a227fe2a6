package import Attestation
internal import Foundation

/// What an operator hands to a participant, in one line to paste: where the coordinator is, what it must prove to be,
/// and an invitation.
///
///     tributary://HOST:PORT/CERTIFICATE/LOG/INVITATION/CHECK
///
/// CERTIFICATE is the SHA-256 of the server's certificate (DER), LOG the log's verifier key, both in base64url without
/// padding; INVITATION is letters, digits, dashes and underscores, `-` for none; CHECK is the first eight hexadecimal
/// digits of the SHA-256 of everything before its slash, so that a string that lost its end is told from a wrong one.
package struct JoinString: Hashable, Sendable {
    /// A name or an address; an IPv6 address without brackets.
    package let host: String
    package let port: Int
    /// SHA-256 of the certificate that the server must show.
    package let certificate: Digest
    /// Signs the log's checkpoints; its name is the log's origin.
    package let verifier: NoteVerifier
    /// Empty where the coordinator takes anybody.
    package let invitation: String

    private static let scheme = "tributary://"

    package init(host: String, port: Int, certificate: Digest, verifier: NoteVerifier, invitation: String) {
        self.host = host
        self.port = port
        self.certificate = certificate
        self.verifier = verifier
        self.invitation = invitation
    }

    /// The line to paste.
    package var text: String {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let body = [
            Self.scheme + place, Self.encode(certificate.bytes), Self.encode(Array(verifier.vkey.utf8)),
            invitation.isEmpty ? "-" : invitation,
        ].joined(separator: "/")
        return "\(body)/\(Self.check(body))"
    }

    /// Reads a line that somebody pasted; spaces around it do not matter.
    ///
    /// - Throws: `WireError` with code `invalidJoinString` that says what is wrong with it.
    package init(parsing text: String) throws(WireError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.utf8.count <= WireLimits.joinStringByteCount, text.hasPrefix(Self.scheme) else {
            throw Self.invalid("it does not begin with \(Self.scheme), or is too long")
        }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5 else { throw Self.invalid("it has \(parts.count) parts, not 5: it may have been cut") }
        let body = text.dropLast(parts[4].count + 1)
        guard Self.check(String(body)) == parts[4] else {
            throw Self.invalid("its last part does not match the rest: it was cut or mistyped")
        }
        (host, port) = try Self.place(parts[0])
        guard let fingerprint = Self.decode(parts[1]), fingerprint.count == Digest.byteCount else {
            throw Self.invalid("its second part is not a certificate's fingerprint")
        }
        guard let key = Self.decode(parts[2]), let vkey = String(validating: key, as: UTF8.self) else {
            throw Self.invalid("its third part is not a log's key")
        }
        do {
            certificate = try Digest(bytes: fingerprint)
            verifier = try NoteVerifier(vkey: vkey)
        } catch {
            throw Self.invalid(error.message)
        }
        guard parts[3].utf8.allSatisfy(Self.isInvitationByte), !parts[3].isEmpty else {
            throw Self.invalid("its fourth part is not an invitation")
        }
        invitation = parts[3] == "-" ? "" : String(parts[3])
    }

    private static func place(_ text: Substring) throws(WireError) -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw invalid("'\(text)' names no port") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw invalid("'\(text)' names no host") }
        return (String(host), port)
    }

    private static func isInvitationByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func invalid(_ what: String) -> WireError {
        WireError(
            .invalidJoinString, "this is not a join string: \(what)",
            hint: "paste the whole line that `tributary coordinator invite` printed")
    }

    private static func check(_ body: String) -> String {
        String(SHA256.hash(Array(body.utf8)).hex.prefix(8))
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        var padded = text.replacing("-", with: "+").replacing("_", with: "/")
        while padded.utf8.count % 4 != 0 { padded += "=" }
        return Base64.decode(Array(padded.utf8))
    }
}
