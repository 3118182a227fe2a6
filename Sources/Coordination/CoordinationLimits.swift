/// The bounds of a coordinator's core.
package enum CoordinationLimits {
    /// Tasks that are open at one time.
    package static let openTaskCount = 64
    /// Keys that may be registered, of which `FederationLimits.participantCount` may take part at one time.
    package static let registrationCount = 65_536
    /// Places that are kept for keys with an invitation, of both kinds.
    package static let placesForInvited = 2_500
    /// A participant holds a place for so long after it was heard of last.
    package static let placeMs: UInt64 = 3_600_000
    /// A participant that was not heard of for so long is not invited.
    package static let availabilityMs: UInt64 = 60_000
    /// Rounds in a row that an invited participant may miss before it is left out for a while.
    package static let missedRoundCount = 3
    /// How long it is left out at first; doubles with every further missed round.
    package static let ejectionMs: UInt64 = 60_000
    /// Longest that it is left out.
    package static let longestEjectionMs: UInt64 = 3_600_000
    /// After a restart, how long a task with a quorum waits for the others to reconnect before it opens a round.
    package static let gatheringMs: UInt64 = 3_000
    /// How long a task stands still after its disk failed before it is taken up anew.
    package static let retryMs: UInt64 = 5_000
    /// A clock that is behind by more was set back; by less, two threads have read it at about the same time.
    package static let clockToleranceMs: UInt64 = 5_000
    /// Uploads that one participant may have under way.
    package static let uploadsPerParticipant = 2
    /// Replies that wait for one contribution's check.
    package static let repliesPerContribution = 8
}
