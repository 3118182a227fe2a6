package import Attestation
internal import Rewards

/// A registered participant.
package struct ParticipantState: Hashable, Sendable {
    package let key: PublicKey
    /// A name for people; may be empty.
    package let label: String
    /// `participant/<did:key>`.
    package let account: AccountName
    /// How much its updates count in tasks that have no units of its own for it, 1 to 8. Version 2.
    package internal(set) var units: UInt32
    /// Whether somebody vouched for the key: it was registered with units, or the operator assigned some to it.
    package internal(set) var isVouchedFor: Bool
    /// Changes of its units so far, general ones and those of single tasks.
    package internal(set) var unitChanges: UInt32 = 0
    /// SHA-256 of the statement that was accepted last; zeros where there is none.
    package internal(set) var lastContribution: Digest = .zero
    /// Contributions accepted so far.
    package internal(set) var acceptedCount: UInt64 = 0

    init(_ registered: ParticipantRegistered) {
        key = registered.publicKey
        label = registered.label
        account = .participant(registered.publicKey)
        units = registered.units == 0 ? Units.ordinary : registered.units
        isVouchedFor = registered.units != 0
    }
}
