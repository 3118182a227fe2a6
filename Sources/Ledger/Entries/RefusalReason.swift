/// Why a contribution does not count.
package enum RefusalReason: Sendable, CaseIterable {
    /// For a round that is closed, or not yet open.
    case staleRound
    /// For the open round, past its deadline.
    case late
    /// The participant's contribution to this round is in already.
    case duplicate
    /// The participant is not in the cohort.
    case notInvited
    /// The key is not registered.
    case unknownParticipant
    case wrongTask
    case wrongBaseModel
    case wrongConfiguration
    case badSignature
    /// Not a contribution statement.
    case malformed
    /// Not the task's layout or parameter count.
    case badShape
    /// A value is no multiple of the grid's step, or out of its range.
    case offGrid
    /// A value is NaN or infinite.
    case notFinite
    /// The update's bytes do not have the digest that was signed.
    case digestMismatch
    /// Zero, or past the task's cap.
    case badSampleCount
    /// Enough others came first.
    case roundFull
    /// Version 2: an update with the same digest is in the round already.
    case copied
}
