package import Attestation

/// Changes how much a participant's updates count, from the next round opened. Version 2.
package struct UnitsAssigned: Hashable, Sendable {
    /// The task; nil for every task that has no units of its own for the participant.
    package let task: Digest?
    package let participant: ParticipantNumber
    /// 1 to 8.
    package let units: UInt32
    /// Which change of the participant's units this is, from 0: `ParticipantState.unitChanges`. Without it, going back
    /// to earlier units would be an entry that the log has already.
    package let change: UInt32

    package init(task: Digest? = nil, participant: ParticipantNumber, units: UInt32, change: UInt32) {
        self.task = task
        self.participant = participant
        self.units = units
        self.change = change
    }
}
