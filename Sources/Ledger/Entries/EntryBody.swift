/// What an entry says.
package enum EntryBody: Hashable, Sendable {
    case genesis(Genesis)
    case participantRegistered(ParticipantRegistered)
    case taskOpened(TaskOpened)
    case roundOpened(RoundOpened)
    case contributionAccepted(ContributionAccepted)
    case contributionRefused(ContributionRefused)
    case roundSealed(RoundSealed)
    case scores(RoundScores)
    case transfer(Transfer)
    case epochSettled(EpochSettled)
    case taskClosed(TaskClosed)
    case snapshot(Snapshot)
    case unitsAssigned(UnitsAssigned)
    case roundRevealed(RoundRevealed)
    case taskSettled(TaskSettled)

    /// The kind's name, as the contract spells it.
    package var kindName: String {
        switch self {
        case .genesis: "genesis"
        case .participantRegistered: "participant_registered"
        case .taskOpened: "task_opened"
        case .roundOpened: "round_opened"
        case .contributionAccepted: "contribution_accepted"
        case .contributionRefused: "contribution_refused"
        case .roundSealed: "round_sealed"
        case .scores: "scores"
        case .transfer: "transfer"
        case .epochSettled: "epoch_settled"
        case .taskClosed: "task_closed"
        case .snapshot: "snapshot"
        case .unitsAssigned: "units_assigned"
        case .roundRevealed: "round_revealed"
        case .taskSettled: "task_settled"
        }
    }
}
