import Attestation

/// Boils a world's events down to one number: two runs of a seed give the same, or something in them was not a function
/// of the seed.
struct FaultTrace {
    /// FNV-1a over 64-bit words.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ word: UInt64) {
        digest = (digest ^ word) &* 0x0000_0100_0000_01B3
        digest ^= digest >> 29
    }

    mutating func add(_ value: Digest) {
        for byte in value.bytes { add(UInt64(byte)) }
    }
}
