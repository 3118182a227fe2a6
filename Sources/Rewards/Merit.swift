/// What a participant's rounds add up to: the number that a task's pool is divided by.
///
/// The sum has 128 bits and is clamped once, when it is read, so the order of the rounds does not matter.
package struct Merit: Hashable, Sendable {
    /// Scores and merits are clamped to plus or minus this.
    package static let limit: Int64 = 1 << 62
    /// The unclamped sum.
    package private(set) var sum: Int128 = 0

    package init() {}

    /// The sum within plus and minus `limit`.
    package var value: Int64 { Int64(min(max(sum, -Int128(Self.limit)), Int128(Self.limit))) }

    /// Adds what a round gave.
    package mutating func add(_ gain: Int64) { sum += Int128(gain) }

    /// What a novel score adds in a round with that agreement: floor(novel · q² / 2³²).
    package static func gain(novel: Int64, agreement: UInt32) -> Int64 {
        precondition(agreement <= Agreement.one, "an agreement is at most one")
        return Int64((Int128(novel) * Int128(agreement) * Int128(agreement)) >> 32)
    }
}
