import Attestation
import Synchronization
import Tensors
import Testing

@Suite("Hashing in lanes", .enabled(if: LaneHashing.isUseful, "this processor hashes one message after the other"))
struct LaneHashingTests {
    /// Digests of messages of one length that lie one behind the other; nil where the library refuses.
    private static func digests(
        prefix: UInt8, of bytes: [UInt8], count: Int, byteCount: Int, leavingOut omitted: Set<Int> = []
    ) -> [Digest]? {
        bytes.withUnsafeBytes { bytes in
            let messages: [UnsafeRawPointer?] = (0..<count).map { index in
                omitted.contains(index) ? nil : bytes.baseAddress.map { $0 + index * byteCount }
            }
            var places = [UInt8](repeating: 0, count: count * Digest.byteCount)
            let isDone = messages.withUnsafeBufferPointer { messages in
                places.withUnsafeMutableBytes {
                    LaneHashing.hash(prefix: prefix, messages: messages, byteCount: byteCount, to: $0)
                }
            }
            guard isDone else { return nil }
            return places.withUnsafeBytes { places in
                (0..<count).map { index in
                    Digest(unsafeBytes: UnsafeRawBufferPointer(rebasing: places[(index * 32)..<(index * 32 + 32)]))
                }
            }
        }
    }

    private static func single(prefix: UInt8, of bytes: [UInt8], count: Int, byteCount: Int) -> [Digest] {
        (0..<count).map { index in
            SHA256.hash([prefix] + bytes[(index * byteCount)..<((index + 1) * byteCount)])
        }
    }

    @Test(
        "Every number of messages gives what libcrypto gives, at every length around SHA-256's own blocks",
        arguments: 1...40)
    func everyCount(count: Int) {
        for byteCount in [1, 31, 54, 55, 56, 62, 63, 64, 65, 118, 119, 120, 127, 128, 1_000, 16_383, 16_384] {
            let bytes = BlobDigestTests.blob(count * byteCount)
            let prefix = UInt8(count % 2)
            #expect(
                Self.digests(prefix: prefix, of: bytes, count: count, byteCount: byteCount)
                    == Self.single(prefix: prefix, of: bytes, count: count, byteCount: byteCount),
                "\(count) messages of \(byteCount) bytes")
        }
    }

    @Test("Messages that are left out keep their places as they were")
    func leavingOut() {
        let bytes = BlobDigestTests.blob(40 * 100)
        var expected = Self.single(prefix: 0, of: bytes, count: 40, byteCount: 100)
        let omitted: Set<Int> = [0, 3, 15, 16, 17, 39]
        for index in omitted { expected[index] = .zero }
        #expect(Self.digests(prefix: 0, of: bytes, count: 40, byteCount: 100, leavingOut: omitted) == expected)
    }

    @Test("No message at all is no error; one that is too long is refused, and nothing is hashed")
    func limits() {
        #expect(Self.digests(prefix: 0, of: [], count: 0, byteCount: 10) == [])
        let byteCount = LaneHashing.messageByteCount + 1
        #expect(Self.digests(prefix: 0, of: BlobDigestTests.blob(byteCount), count: 1, byteCount: byteCount) == nil)
    }

    @Test("Many threads at once do not disturb each other")
    func threads() {
        let bytes = BlobDigestTests.blob(19 * 16_384)
        let expected = Self.single(prefix: 0, of: bytes, count: 19, byteCount: 16_384)
        let wrongCount = Mutex(0)
        WorkSplit.forEachItem(of: 200, threads: 8) { _, _ in
            if Self.digests(prefix: 0, of: bytes, count: 19, byteCount: 16_384) != expected {
                wrongCount.withLock { $0 += 1 }
            }
        }
        #expect(wrongCount.withLock { $0 } == 0)
    }
}
