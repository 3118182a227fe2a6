/// The bounds of what this module reads, writes or shows; what passes one of them is refused with a `RunError`.
package enum RunLimits {
    /// Characters of a run's name before the time is appended.
    package static let nameCharacterCount = 64
    /// Runs that one listing returns; the newest are kept.
    package static let listedRunCount = 10_000
    /// Folders of one name and one second before `create` gives up.
    package static let collisionCount = 1_000
    /// Bytes of a `summary.json` that is read.
    package static let summaryByteCount = 256 << 20
    /// Bytes of a `metrics.csv` that is read.
    package static let metricsByteCount = 256 << 20
    /// Bytes of a `manifest` that is read.
    package static let manifestByteCount = 64 << 20
    /// Files in one run folder.
    package static let fileCount = 400_000
    /// Folders below one another in a run folder.
    package static let folderDepth = 8
    /// Rounds of one run.
    package static let roundCount = 1_000_000
    /// Participants of one run.
    package static let participantCount = 100_000
    /// Reasons for refusal counted in one round.
    package static let reasonCount = 256
    /// Bytes (UTF-8) of one text in a summary.
    package static let textByteCount = 4_096
    /// Bytes of one line of `events.jsonl`, line feed included.
    package static let eventLineByteCount = 16_384
    /// Bytes (UTF-8) of one text in an event; longer ones are cut and end in an ellipsis.
    package static let eventTextByteCount = 2_048
    /// Bytes of updates and models that a run keeps by default: 2 GiB.
    package static let defaultDiskBudgetBytes: UInt64 = 2 << 30
    /// Participants listed in a report; the rest are in `summary.json`.
    package static let reportedParticipantCount = 1_000
    /// Rows of a report's heat strip.
    package static let heatRowCount = 200
    /// Columns of a report's heat strip; more rounds are averaged into as many groups.
    package static let heatColumnCount = 130
    /// Rounds listed in a report's table; the rest are in `metrics.csv`.
    package static let reportedRoundCount = 2_000
    /// Points drawn of one curve.
    package static let curvePointCount = 600
}
