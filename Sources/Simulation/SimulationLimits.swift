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
}
