package import Attestation

/// A contribution that does not count, and why.
package struct ContributionRefused: Hashable, Sendable {
    /// As the statement has it; nil where it cannot be read.
    package let task: Digest?
    /// The round that the statement names.
    package let round: UInt32
    /// As claimed, not proved; nil where it cannot be read.
    package let participantKey: PublicKey?
    package let reason: RefusalReason
    /// One sentence for the participant.
    package let detail: String
    /// SHA-256 of the statement's bytes.
    package let statementDigest: Digest

    package init(
        task: Digest?,
        round: UInt32,
        participantKey: PublicKey?,
        reason: RefusalReason,
        detail: String,
        statementDigest: Digest
    ) {
        self.task = task
        self.round = round
        self.participantKey = participantKey
        self.reason = reason
        self.detail = detail
        self.statementDigest = statementDigest
    }
}
