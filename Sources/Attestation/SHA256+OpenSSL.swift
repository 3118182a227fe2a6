internal import COpenSSL

/// SHA-256 (FIPS 180-4) through libcrypto, which picks the fastest code for the processor.
package enum SHA256 {
    /// The digest of the bytes. Allocates nothing.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of the bytes.
    package static func hash(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// SHA-256 over bytes that come in pieces. A value: a copy goes on independently of the original.
    package struct Hasher: Sendable {
        private var context = SHA256_CTX()

        /// The state before any byte.
        package init() {
            Self.start(&context, with: LibCrypto.self)
        }

        /// Takes in the next bytes.
        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard let address = bytes.baseAddress, !bytes.isEmpty else { return }
            Self.update(&context, address, bytes.count, with: LibCrypto.self)
        }

        /// Takes in the next bytes.
        package mutating func update(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { update($0) }
        }

        /// Takes in one byte.
        package mutating func update(byte: UInt8) {
            withUnsafeBytes(of: byte) { update($0) }
        }

        /// The digest of all bytes taken in so far; the hasher can go on.
        package func finalize() -> Digest {
            var final = context
            var memory: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            withUnsafeMutableBytes(of: &memory) { bytes in
                bytes.withMemoryRebound(to: UInt8.self) {
                    guard let address = $0.baseAddress else { return }
                    Self.finish(&final, address, with: LibCrypto.self)
                }
            }
            return Digest(storage: Bytes32(memory))
        }

        @inline(__always)
        private static func start<Library: BlockHash>(_ context: inout SHA256_CTX, with _: Library.Type) {
            Library.start(&context)
        }

        @inline(__always)
        private static func update<Library: BlockHash>(
            _ context: inout SHA256_CTX,
            _ bytes: UnsafeRawPointer,
            _ count: Int,
            with _: Library.Type
        ) {
            Library.update(&context, bytes, count)
        }

        @inline(__always)
        private static func finish<Library: BlockHash>(
            _ context: inout SHA256_CTX,
            _ digest: UnsafeMutablePointer<UInt8>,
            with _: Library.Type
        ) {
            Library.finish(&context, digest)
        }
    }
}

/// The calls of OpenSSL's low-level SHA-256.
///
/// OpenSSL 3 marks them deprecated in favour of `EVP_MD_CTX`, whose context must be allocated, looked up and locked: a
/// third slower for the 65 bytes of a tree node. The state here is a plain value. Calling through a protocol is how
/// Swift lets one module use a deprecated function on purpose without silencing the warning everywhere.
private protocol BlockHash {
    static func start(_ context: inout SHA256_CTX)
    static func update(_ context: inout SHA256_CTX, _ bytes: UnsafeRawPointer, _ count: Int)
    static func finish(_ context: inout SHA256_CTX, _ digest: UnsafeMutablePointer<UInt8>)
}

private enum LibCrypto: BlockHash {
    @available(*, deprecated, message: "only through BlockHash")
    @inline(__always)
    static func start(_ context: inout SHA256_CTX) {
        SHA256_Init(&context)
    }

    @available(*, deprecated, message: "only through BlockHash")
    @inline(__always)
    static func update(_ context: inout SHA256_CTX, _ bytes: UnsafeRawPointer, _ count: Int) {
        SHA256_Update(&context, bytes, count)
    }

    @available(*, deprecated, message: "only through BlockHash")
    @inline(__always)
    static func finish(_ context: inout SHA256_CTX, _ digest: UnsafeMutablePointer<UInt8>) {
        SHA256_Final(digest, &context)
    }
}
