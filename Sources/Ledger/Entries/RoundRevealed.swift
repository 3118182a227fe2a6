package import Attestation

/// Opens what a seal committed to: the exact metrics; the round's scores follow in `RoundScores` entries. Version 2.
package struct RoundRevealed: Hashable, Sendable {
    package let task: Digest
    package let round: UInt32
    /// What the commitment was salted with: `TaskSecret.salt(round:)`.
    package let salt: Digest
    /// The metrics that the seal has rounded.
    package let metrics: RoundMetrics

    package init(task: Digest, round: UInt32, salt: Digest, metrics: RoundMetrics) {
        self.task = task
        self.round = round
        self.salt = salt
        self.metrics = metrics
    }
}

/// The hash by which a seal binds its round's metrics and scores while they are secret.
package enum ScoreCommitment {
    /// SHA-256("tributary/scores/v2" || 0x00 || salt || SHA-256(metrics) || SHA-256(part) for each part), over the
    /// bytes of the messages.
    ///
    /// - Parameter parts: the round's score entries in their order.
    package static func digest(salt: Digest, metrics: RoundMetrics, parts: [RoundScores]) -> Digest {
        digest(salt: salt, metrics: metrics, parts: parts.map(digest(of:)))
    }

    /// The same from the digests of the parts.
    static func digest(salt: Digest, metrics: RoundMetrics, parts: [Digest]) -> Digest {
        let metricsBytes = (try? metrics.encodedPayload()) ?? []
        return DomainHash.digest("tributary/scores/v2", [salt, SHA256.hash(metricsBytes)] + parts)
    }

    /// Encoding fails for missing required fields and for messages past 2 GiB only; scores have neither.
    static func digest(of part: RoundScores) -> Digest { SHA256.hash((try? part.encodedPayload()) ?? []) }
}
