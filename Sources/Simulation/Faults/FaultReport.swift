/// What came of one seed's world.
package struct FaultReport: Sendable {
    package let seed: UInt64
    /// What was wrong; nil where everything held.
    package let violation: String?
    package let tally: FaultTally
    /// The same for every run of the seed.
    package let traceDigest: UInt64
}
