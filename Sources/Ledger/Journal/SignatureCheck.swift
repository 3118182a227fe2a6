internal import Attestation

/// Checks the signatures inside entries. One costs about 140 µs, so this is apart from the rules and on many threads.
package enum SignatureCheck {
    /// Checks the contribution's signature of an entry that has one.
    ///
    /// - Throws: `badSignature`.
    package static func verify(_ body: EntryBody) throws(LedgerError) {
        guard case .contributionAccepted(let accepted) = body else { return }
        guard accepted.contribution.isSigned(by: accepted.statement.participantKey) else {
            throw LedgerError(
                .badSignature,
                "the contribution is not signed by \(accepted.statement.participantKey.did)"
            )
        }
    }
}
