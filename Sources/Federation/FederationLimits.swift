/// The bounds of the round engine and of what it is configured with.
package enum FederationLimits {
    /// Participants of one federation, as many as a cohort entry can hold.
    package static let participantCount = 10_000
    /// Rounds of one task: as many as the ledger's rules allow, `LedgerLimits.roundCount`.
    package static let roundCount = 65_536
    /// Updates being checked at one moment; one more is refused as `roundFull`.
    package static let checksInFlight = 4_096
    /// Examples one participant may claim in a round: a 32nd of the total weight that one may have.
    package static let sampleCount = 1 << 24
    /// Seconds between a round's opening and its deadline: one week.
    package static let deadlineSeconds = 604_800
    /// Bytes of a task or scenario file.
    package static let configurationByteCount = 32_768
    /// Bytes of one line of such a file.
    package static let configurationLineByteCount = 1_024
    /// `[` and `{` in such a file: with the line limit, this bounds how deep it nests.
    package static let configurationBracketCount = 256
    /// Refusals of one participant that are written to the ledger each round; later ones are only counted.
    package static let recordedRefusalsPerRound = 8
}
