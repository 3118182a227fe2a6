package import Ledger
internal import Rewards

extension TaskState {
    /// The units of participants in this task where they are not the ordinary number: the task's own assignment, or the
    /// one that holds for all tasks. Complexity: O(participants).
    package func unitsByParticipant(_ state: LedgerState) -> [ParticipantNumber: UInt32] {
        var known: [ParticipantNumber: UInt32] = [:]
        for number in state.participants.indices {
            let participant = ParticipantNumber(number)
            let units = units(of: participant, state)
            if units != Units.ordinary { known[participant] = units }
        }
        return known
    }
}
