package import Attestation
internal import FoundationEssentials
internal import SwiftProtobuf

extension SigningDomain {
    /// What a key signs to open a session.
    package static let session = SigningDomain("tributary/session/v1")
}

/// The signature that opens a session: over the challenge, the coordinator's origin and the role asked for, so that it
/// is good once, there, and for nothing else.
package enum SessionSignature {
    /// The bytes that are signed.
    package static func message(nonce: [UInt8], origin: String, role: WireRole) -> [UInt8] {
        var proof = WireSessionProof()
        proof.nonce = .init(nonce)
        proof.origin = origin
        proof.role = role
        // A message of scalar fields always serializes.
        let bytes: [UInt8] = (try? proof.serializedBytes()) ?? []
        return SigningDomain.session.message(for: bytes)
    }

    /// Whether a key signed that.
    package static func isValid(
        _ signature: [UInt8], by key: PublicKey, nonce: [UInt8], origin: String, role: WireRole
    ) -> Bool {
        key.isValidSignature(signature, for: message(nonce: nonce, origin: origin, role: role))
    }
}
