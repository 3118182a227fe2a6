/// HMAC-SHA-256 (RFC 2104) under one key, whose two hash states are computed once.
package struct HMACSHA256: Sendable {
    private static let blockByteCount = 64

    private let inner: SHA256.Hasher
    private let outer: SHA256.Hasher

    /// - Parameter key: any number of bytes; 32 random ones are enough.
    package init(key: [UInt8]) {
        let short = key.count > Self.blockByteCount ? SHA256.hash(key).bytes : key
        let padded = short + [UInt8](repeating: 0, count: Self.blockByteCount - short.count)
        var inner = SHA256.Hasher()
        inner.update(padded.map { $0 ^ 0x36 })
        var outer = SHA256.Hasher()
        outer.update(padded.map { $0 ^ 0x5C })
        (self.inner, self.outer) = (inner, outer)
    }

    /// The authentication code of a message.
    package func code(for message: [UInt8]) -> Digest {
        var inner = inner
        inner.update(message)
        var outer = outer
        inner.finalize().withUnsafeBytes { outer.update($0) }
        return outer.finalize()
    }
}
