package import Attestation
internal import FoundationEssentials
package import Ledger
package import Wire

/// A contribution as it lies on the agent's disk: signed once, sent as often as needed, the same bytes every time.
package struct StoredUpdate: Sendable {
    /// The update's file.
    package let path: String
    /// Its chunks.
    package let outline: BlobOutline
    /// What is posted: the statement's bytes and the signature over them.
    package let request: WireContributionRequest
    /// What the statement says.
    package let statement: ContributionStatement

    /// SHA-256 of the statement's bytes.
    package var digest: Digest { SHA256.hash([UInt8](request.statement)) }
}
