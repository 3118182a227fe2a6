package import Attestation

/// A registered participant.
package struct ParticipantState: Hashable, Sendable {
    package let key: PublicKey
    /// A name for people; may be empty.
    package let label: String
    /// `participant/<did:key>`.
    package let account: AccountName
    /// SHA-256 of the statement that was accepted last; zeros where there is none.
    package internal(set) var lastContribution: Digest = .zero
    /// Contributions accepted so far.
    package internal(set) var acceptedCount: UInt64 = 0

    init(_ registered: ParticipantRegistered) {
        key = registered.publicKey
        label = registered.label
        account = .participant(registered.publicKey)
    }
}
