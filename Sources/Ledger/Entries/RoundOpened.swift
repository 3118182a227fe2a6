package import Attestation

/// Opens a round and invites its cohort.
package struct RoundOpened: Hashable, Sendable {
    package let task: Digest
    /// From 1.
    package let round: UInt32
    /// Blob digest of the model that is trained from.
    package let baseModel: Digest
    /// Milliseconds since the Unix epoch; an entry of this very time is still in time.
    package let deadlineMs: UInt64
    /// Who is invited, in ascending order.
    package let cohort: [ParticipantNumber]
    /// Version 2: square of the longest update with its full weight, in squares of the grid's unit; nil where weights
    /// are claimed.
    package let boundSquared: UInt128?

    package init(
        task: Digest,
        round: UInt32,
        baseModel: Digest,
        deadlineMs: UInt64,
        cohort: [ParticipantNumber],
        boundSquared: UInt128? = nil
    ) {
        self.task = task
        self.round = round
        self.baseModel = baseModel
        self.deadlineMs = deadlineMs
        self.cohort = cohort
        self.boundSquared = boundSquared
    }
}
