/// An Ed25519 public key: who a participant or a coordinator is.
///
/// Verifiers of one ledger must agree on which keys and signatures count, so the rule is strict and fixed:
/// - a key is 32 bytes that encode y < 2^255 − 19 (canonical), and not one of the points of order 1, 2, 4 or 8, for
///   which signatures hold for messages nobody signed;
/// - a signature is 64 bytes R ‖ S with S < L, checked without cofactor: the bytes of S·B − k·A must equal R's
///   (RFC 8032 §5.1.7, OpenSSL's and Go's reading).
///
/// Bytes that are no point of the curve make a key that verifies nothing.
package struct PublicKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Number of bytes of every key.
    package static let byteCount = 32
    /// Number of bytes of every signature.
    package static let signatureByteCount = 64

    private let storage: Bytes32

    /// A key from its 32 bytes.
    ///
    /// - Throws: `AttestationError` with code `invalidKey` for another length, a non-canonical encoding or a point of
    ///   small order.
    package init(bytes: some Collection<UInt8>) throws(AttestationError) {
        guard let storage = Bytes32(bytes) else {
            throw AttestationError(.invalidKey, "an Ed25519 key has 32 bytes, this has \(bytes.count)")
        }
        let coordinate = Self.coordinate(of: storage)
        guard coordinate.lexicographicallyPrecedes(Self.fieldPrime) else {
            throw AttestationError(.invalidKey, "the Ed25519 key \(Self.hex(storage)) is not encoded canonically")
        }
        guard !Self.smallOrderCoordinates.contains(coordinate) else {
            throw AttestationError(
                .invalidKey,
                "the Ed25519 key \(Self.hex(storage)) is a point of small order; make a new key"
            )
        }
        self.storage = storage
    }

    /// The 32 bytes.
    package var bytes: [UInt8] { storage.array }

    /// The `did:key` of this key.
    package var description: String { did }

    package static func < (left: Self, right: Self) -> Bool { left.storage < right.storage }

    /// Lends the 32 bytes without allocating.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withUnsafeBytes(body)
    }

    private static func hex(_ storage: Bytes32) -> String { Hexadecimal.encode(storage.array) }

    /// The y coordinate, most significant byte first, without the bit that is x's sign.
    private static func coordinate(of storage: Bytes32) -> [UInt8] {
        var bytes = Array(storage.array.reversed())
        bytes[0] &= 0x7F
        return bytes
    }

    /// 2^255 − 19, most significant byte first.
    private static let fieldPrime = [0x7F] + [UInt8](repeating: 0xFF, count: 30) + [0xED]

    /// The y coordinates of the eight points whose order divides 8 (±x share one), most significant byte first:
    /// L times random curve points gives them all.
    private static let smallOrderCoordinates: Set<[UInt8]> = {
        let zero = [UInt8](repeating: 0, count: 32)
        var one = zero
        one[31] = 1
        var minusOne = fieldPrime
        minusOne[31] = 0xEC
        let orderEight = [
            "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
            "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
        ]
        return Set([zero, one, minusOne] + orderEight.compactMap { Hexadecimal.decode($0.utf8) })
    }()
}
