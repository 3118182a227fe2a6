/// A contribution that counts: the participant's statement as it was received, and the signature over it.
package struct ContributionAccepted: Hashable, Sendable {
    /// The bytes that were signed, with their signature.
    package let contribution: SignedContribution
    /// Version 2: sum of the squares of the update's integers, in squares of the grid's unit.
    package let squaredNorm: UInt128?
    /// What the bytes say.
    package let statement: ContributionStatement

    /// - Throws: `malformedStatement` where the bytes are no statement.
    package init(_ contribution: SignedContribution, squaredNorm: UInt128? = nil) throws(LedgerError) {
        self.squaredNorm = squaredNorm
        self.contribution = contribution
        self.statement = try ContributionStatement(decoding: contribution.statementBytes)
    }

    /// The statement is a function of the bytes.
    package static func == (left: Self, right: Self) -> Bool {
        left.contribution == right.contribution && left.squaredNorm == right.squaredNorm
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(contribution)
        hasher.combine(squaredNorm)
    }
}
