/// A seeded random generator with named, independent streams: xoshiro256** 1.0 (Blackman and Vigna, 2018).
///
/// The stream's state is drawn from SplitMix64 over the seed, the stream's name and its indices, so that what one part
/// of a run draws does not depend on how much another part has drawn.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The generator of one stream.
    ///
    /// - Parameters:
    ///   - seed: the run's seed.
    ///   - stream: what the numbers are for, such as `"partition"`.
    ///   - indices: which of them, such as the participant and the round.
    package init(seed: UInt64, stream: StaticString, _ indices: Int...) {
        var mixer = SplitMix64(state: seed)
        var key = mixer.next()
        stream.withUTF8Buffer { bytes in
            for byte in bytes { key = SplitMix64.mix(key ^ UInt64(byte)) }
        }
        for index in indices { key = SplitMix64.mix(key ^ UInt64(bitPattern: Int64(index))) }
        mixer = SplitMix64(state: key)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    /// A value in [0, 1), a multiple of 2^-53.
    package mutating func nextUnit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A value in 0..<`bound`, without bias (Lemire 2019). `bound` must be positive.
    package mutating func nextIndex(below bound: Int) -> Int {
        precondition(bound > 0, "no index lies below \(bound)")
        return Int(next(upperBound: UInt64(bound)))
    }

    /// A standard normal value (Marsaglia's polar method), the same bits on every machine.
    package mutating func nextNormal() -> Double {
        while true {
            let x = 2 * nextUnit() - 1
            let y = 2 * nextUnit() - 1
            let square = x * x + y * y
            if square > 0, square < 1 {
                return x * (-2 * PortableMath.log(square) / square).squareRoot()
            }
        }
    }

    /// The numbers 0..<`count` in random order (Fisher–Yates). Complexity: O(`count`).
    package mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, nextIndex(below: last + 1))
        }
        return order
    }

    private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): turns one 64-bit seed into well-mixed words.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.finish(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        finish(value &+ 0x9E37_79B9_7F4A_7C15)
    }

    private static func finish(_ value: UInt64) -> UInt64 {
        var word = value
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
