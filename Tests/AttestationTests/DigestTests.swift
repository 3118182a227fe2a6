import Attestation
import Testing

@Suite("Digests")
struct DigestTests {
    @Test("A digest keeps its bytes, and reads its own hexadecimal text in either case")
    func roundTrip() throws {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
        let digest = try Digest(bytes: bytes)
        #expect(digest.bytes == bytes)
        #expect(try Digest(hex: digest.hex) == digest)
        #expect(try Digest(hex: digest.hex.uppercased()) == digest)
        #expect(digest.withUnsafeBytes { Array($0) } == bytes)
        #expect(bytes.withUnsafeBytes { Digest(unsafeBytes: $0) } == digest)
        #expect("\(digest)" == digest.hex)
        #expect(try Digest(bytes: AnyCollection(bytes)) == digest)
        #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test("Digests are ordered as their bytes are, at every byte")
    func order() throws {
        let base = [UInt8](repeating: 0x80, count: 32)
        let digest = try Digest(bytes: base)
        for index in 0..<32 {
            var larger = base
            larger[index] = 0x81
            for after in larger.indices.dropFirst(index + 1) { larger[after] = 0 }
            #expect(try digest < Digest(bytes: larger))
            #expect(try !(Digest(bytes: larger) < digest))
        }
        #expect(!(digest < digest))
    }

    @Test("What is not 32 bytes or 64 hexadecimal digits is refused", arguments: [0, 1, 31, 33, 64])
    func wrongLength(count: Int) {
        let error = AttestationError(.invalidDigest, "")
        #expect(throws: error) { try Digest(bytes: [UInt8](repeating: 1, count: count)) }
        #expect(throws: error) { try Digest(hex: String(repeating: "01", count: count)) }
        #expect(throws: error) { try Digest(hex: String(repeating: "0", count: 63) + "g") }
    }

    @Test("SHA-256 gives the digests printed in FIPS 180-4's examples")
    func standardExamples() {
        let examples = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
        for (text, hex) in examples { #expect(SHA256.hash(Array(text.utf8)).hex == hex) }
        #expect(
            SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)).hex
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    @Test("A hasher fed in two pieces, cut anywhere, gives the digest of the whole; and a copy goes its own way")
    func pieces() {
        let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let whole = SHA256.hash(bytes)
        for cut in 0...bytes.count {
            var hasher = SHA256.Hasher()
            hasher.update(Array(bytes[..<cut]))
            var copy = hasher
            hasher.update(Array(bytes[cut...]))
            copy.update(byte: 1)
            #expect(hasher.finalize() == whole)
            #expect(hasher.finalize() == whole)
            #expect(copy.finalize() == SHA256.hash(bytes[..<cut] + [1]))
        }
    }
}
