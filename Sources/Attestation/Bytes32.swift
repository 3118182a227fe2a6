/// Thirty-two bytes as four big-endian words: no allocation, and words compare as the bytes do.
struct Bytes32: Hashable, Comparable, Sendable {
    /// Number of bytes.
    static let count = 32

    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    static let zero = Bytes32((0, 0, 0, 0))

    /// From four words as they lie in memory, that is with the first byte at the lowest address.
    init(_ memory: (UInt64, UInt64, UInt64, UInt64)) {
        word0 = UInt64(bigEndian: memory.0)
        word1 = UInt64(bigEndian: memory.1)
        word2 = UInt64(bigEndian: memory.2)
        word3 = UInt64(bigEndian: memory.3)
    }

    /// From exactly 32 bytes.
    init(unsafeBytes bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.count, "32 bytes are needed, not \(bytes.count)")
        self.init(
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        )
    }

    /// From a collection, or nil if it has not 32 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        let contiguous = bytes.withContiguousStorageIfAvailable {
            Bytes32(unsafeBytes: UnsafeRawBufferPointer($0))
        }
        self = contiguous ?? Array(bytes).withUnsafeBytes { Bytes32(unsafeBytes: $0) }
    }

    /// Lends the 32 bytes in order.
    func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let memory = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        return try Swift.withUnsafeBytes(of: memory) { (bytes) throws(Failure) in try body(bytes) }
    }

    /// The bytes in order.
    var array: [UInt8] { withUnsafeBytes { Array($0) } }

    static func < (left: Self, right: Self) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}
