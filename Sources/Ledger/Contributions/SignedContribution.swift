package import Attestation

/// A contribution statement as it was received, with the signature over exactly those bytes.
package struct SignedContribution: Hashable, Sendable {
    /// The bytes that were signed, behind the domain `tributary/contribution/v1`.
    package let statementBytes: [UInt8]
    /// Ed25519: 64 bytes, where it is one.
    package let signature: [UInt8]

    package init(statementBytes: [UInt8], signature: [UInt8]) {
        self.statementBytes = statementBytes
        self.signature = signature
    }

    /// SHA-256 of the statement's bytes.
    package var digest: Digest { SHA256.hash(statementBytes) }

    /// Whether the signature is that key's over the statement's bytes. About 140 µs.
    package func isSigned(by key: PublicKey) -> Bool {
        key.isValidSignature(signature, for: SigningDomain.contribution.message(for: statementBytes))
    }

    /// What the bytes say, if they are signed by the participant that they name.
    ///
    /// - Throws: `malformedStatement` or `badSignature`.
    package func verified() throws(LedgerError) -> ContributionStatement {
        let statement = try ContributionStatement(decoding: statementBytes)
        guard isSigned(by: statement.participantKey) else {
            throw LedgerError(.badSignature, "the statement is not signed by \(statement.participantKey.did)")
        }
        return statement
    }
}
