/// What a signature is for. A message is signed as prefix ‖ 0x00 ‖ bytes, so that a signature made for one purpose
/// proves nothing for another, whatever the bytes are.
package struct SigningDomain: Hashable, Sendable {
    /// The domain's name with its version, such as `tributary/contribution/v1`.
    package let prefix: String

    /// A domain. The prefix must be printable ASCII, so that the zero byte ends it without doubt.
    package init(_ prefix: StaticString) {
        let text = "\(prefix)"
        precondition(
            !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) },
            "a signing domain is printable ASCII: \(text)"
        )
        self.prefix = text
    }

    /// What a participant signs for each update it sends.
    package static let contribution = SigningDomain("tributary/contribution/v1")

    /// The bytes to sign or to verify: prefix ‖ 0x00 ‖ bytes.
    package func message(for bytes: some Collection<UInt8>) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(prefix.utf8.count + 1 + bytes.count)
        message.append(contentsOf: prefix.utf8)
        message.append(0x00)
        message.append(contentsOf: bytes)
        return message
    }
}
