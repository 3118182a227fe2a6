/// The bounds of a simulation.
package enum SimulationLimits {
    /// Populations of one scenario.
    package static let populationCount = 64
    /// Events waiting in the virtual clock's queue.
    package static let queuedEventCount = 1_000_000
    /// Examples of the validation set: three gradients over it are taken each round.
    package static let validationCount = 100_000
    /// Updates trained ahead of the engine, per thread: bounds the memory of a large cohort.
    package static let updatesAheadPerThread = 8
    /// Bytes of updates of the open round that are kept in memory for scoring; more are read back from the run folder.
    package static let updateCacheByteCount = 1 << 30
    /// Entries proposed before they are made durable in one commit.
    package static let proposedEntryCount = 1_024
    /// Faults: milliseconds between two changes of the weather.
    package static let weatherMs: UInt64 = 1_000
    /// Faults: how long a poll for work is parked, as by the real server.
    package static let parkedPollMs: UInt64 = 25_000
    /// Faults: once they are over, every task must be closed within these milliseconds: the longest ejection and every
    /// round's deadline fit in.
    package static let calmTimeMs: UInt64 = 6 * 3_600_000
    /// Faults: most events of one seed's world.
    package static let faultEventCount = 1_000_000
    /// Faults: most seeds of one campaign.
    package static let faultSeedCount = 10_000_000
}
