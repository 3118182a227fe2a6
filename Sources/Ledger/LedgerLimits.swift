/// The bounds of what this module reads, writes or holds; what passes one of them is refused with a `LedgerError`.
package enum LedgerLimits {
    /// Bytes of one entry: the C2SP tlog-tiles bundles count them in 16 bits.
    package static let entryByteCount = 65_535
    /// Bytes of a task's configuration.
    package static let configurationByteCount = 32 * 1_024
    /// Bytes of a contribution statement.
    package static let statementByteCount = 1_024
    /// Bytes (UTF-8) of the log's origin.
    package static let originByteCount = 255
    /// Characters of the asset's name.
    package static let assetByteCount = 16
    /// Bytes (UTF-8) of a participant's label.
    package static let labelByteCount = 128
    /// Bytes (UTF-8) of the detail of a refusal.
    package static let detailByteCount = 512
    /// Bytes of an account's name.
    package static let accountNameByteCount = 128
    /// Characters of a sponsor's name.
    package static let sponsorNameByteCount = 64
    /// Units that may ever be in circulation: amounts also fit a signed 64-bit integer, as databases have it.
    package static let cap = UInt64(Int64.max)
    /// Grants of a genesis entry.
    package static let grantCount = 1_024
    /// Participants invited to one round.
    package static let cohortCount = 16_384
    /// Participants of one log.
    package static let participantCount = 1 << 24
    /// Tasks of one log.
    package static let taskCount = 65_536
    /// Sum of the accepted weights of one round: with 24 bits of value it fits a Float64 (decision 0001).
    package static let totalWeight: UInt64 = 1 << 29
    /// Parameters of one model.
    package static let parameterCount: UInt64 = 1 << 31
    /// Rounds of one epoch.
    package static let epochRounds: UInt32 = 65_536
    /// Rounds of a task's terms.
    package static let roundCount: UInt32 = 65_536
    /// Rounds that may diverge in a row; after them a task can only be closed.
    package static let divergedRounds: UInt32 = 3
    /// Scored steps, and their echoes, that a novel score leaves out.
    package static let history: UInt32 = 5
    /// Size of a score, above and below zero.
    package static let score: Int64 = 1 << 62
    /// Scores in one entry; more go into further entries.
    package static let scoreCount = 1_024
    /// Entries appended in one transaction.
    package static let batchCount = 65_536
    /// Entries that replay holds in memory at once.
    package static let replayBatchCount = 4_096
    /// Entries of one log.
    package static let entryCount: UInt64 = 1 << 40
    /// Bytes of a signed checkpoint.
    package static let checkpointByteCount = 65_536
    /// Bytes of a receipt.
    package static let receiptByteCount = 256 * 1_024
    /// Entries for whose ids a replay makes room at once.
    package static let reservedEntryCount = 1 << 20
}
