package import Attestation
package import Ledger
internal import Rewards
package import Tensors
internal import Training

/// What the ledger's rules need to know of a task.
extension TaskConfiguration {
    /// The terms that a task is opened with.
    ///
    /// - Parameters:
    ///   - normBoundSquared: see `NormRehearsal.boundSquared`; nil where weights are claimed.
    ///   - openedAtMs: the opening entry's time.
    ///   - secret: what the validation set and the salts are drawn from.
    package func terms(normBoundSquared: UInt128?, openedAtMs: UInt64, secret: TaskSecret) -> TaskTerms {
        terms(
            normBoundSquared: normBoundSquared, openedAtMs: openedAtMs, secretCommitment: secret.commitment)
    }

    /// The same, of a secret that is known by its commitment alone.
    package func terms(normBoundSquared: UInt128?, openedAtMs: UInt64, secretCommitment: Digest) -> TaskTerms {
        TaskTerms(
            trust: trust,
            score: reward.score,
            weighting: weights.weighting,
            disclosure: disclosure,
            paidRounds: reward.paidRounds,
            roundCount: UInt32(roundCount),
            pool: reward.pool,
            targetDrop: reward.score == .value ? reward.targetDrop : 0,
            sponsor: reward.sponsor,
            samplesCap: reward.samplesCap,
            normBoundSquared: normBoundSquared,
            boundFactor: .standard,
            history: LedgerLimits.history,
            closeByMs: openedAtMs + UInt64(closeAfterSeconds) * 1_000,
            secretCommitment: secretCommitment,
            acceptsUnprovedPay: reward.acceptsUnprovedPay
        )
    }

    /// The model that the first round trains from: it follows from the ledger, so that no earlier task's model fits it.
    package func initialModel(start: Digest) -> ParameterSet {
        let word = start.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        return architecture.initialParameters(seed: word)
    }

    /// The fixed denominator of a round's average: every accepted participant's units in full, clipped or not. Where
    /// weights are claimed, their sum.
    package func denominator(of accepted: some Sequence<AcceptedContribution>) -> Int64 {
        switch weights.weighting {
        case .claimed: accepted.reduce(0) { $0 + Int64($1.weight) }
        case .units: Int64(EffectiveWeight.denominator(units: accepted.reduce(0) { $0 + UInt64($1.units) }))
        }
    }
}
