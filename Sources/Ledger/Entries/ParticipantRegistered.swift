package import Attestation

/// Gives a key the next participant number.
package struct ParticipantRegistered: Hashable, Sendable {
    /// The participant's key; its account is `participant/<did:key>`.
    package let publicKey: PublicKey
    /// A name for people; may be empty.
    package let label: String

    package init(publicKey: PublicKey, label: String = "") {
        self.publicKey = publicKey
        self.label = label
    }
}
