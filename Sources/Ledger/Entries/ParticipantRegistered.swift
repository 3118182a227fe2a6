package import Attestation

/// Gives a key the next participant number.
package struct ParticipantRegistered: Hashable, Sendable {
    /// The participant's key; its account is `participant/<did:key>`.
    package let publicKey: PublicKey
    /// A name for people; may be empty.
    package let label: String
    /// Version 2: how much the participant's updates count, 1 to 8; 0 where nobody vouched for the key, which then
    /// counts the ordinary 4.
    package let units: UInt32

    package init(publicKey: PublicKey, label: String = "", units: UInt32 = 0) {
        self.publicKey = publicKey
        self.label = label
        self.units = units
    }
}
