/// A contribution that counts: the participant's statement as it was received, and the signature over it.
package struct ContributionAccepted: Hashable, Sendable {
    /// The bytes that were signed, with their signature.
    package let contribution: SignedContribution
    /// What the bytes say.
    package let statement: ContributionStatement

    /// - Throws: `malformedStatement` where the bytes are no statement.
    package init(_ contribution: SignedContribution) throws(LedgerError) {
        self.contribution = contribution
        self.statement = try ContributionStatement(decoding: contribution.statementBytes)
    }

    /// The statement is a function of the bytes.
    package static func == (left: Self, right: Self) -> Bool { left.contribution == right.contribution }

    package func hash(into hasher: inout Hasher) { hasher.combine(contribution) }
}
