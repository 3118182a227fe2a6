package import Attestation

/// What a participant states about one update, and signs.
package struct ContributionStatement: Hashable, Sendable {
    package let task: Digest
    package let round: UInt32
    package let participantKey: PublicKey
    /// Blob digest of the model that was trained from.
    package let baseModel: Digest
    /// SHA-256 of the task file: equals `task`.
    package let configuration: Digest
    /// Blob digest of the update's safetensors file.
    package let update: Digest
    package let parameterCount: UInt64
    /// Examples trained on: the weight in the average in version 1 and where weights are claimed, else information.
    package let sampleCount: UInt64
    /// Optimiser steps taken.
    package let stepCount: UInt32
    /// Sixteen bytes of the participant's choice.
    package let nonce: [UInt8]
    /// SHA-256 of the statement of this participant that the ledger accepted last; zeros where there is none.
    package let previousContribution: Digest
    /// Root of the ledger as the participant last saw it; zeros for none.
    package let ledgerRootSeen: Digest
    /// Version 2: SHA-256 over the participant's key and the bytes of the update's file, which shows that the sender
    /// has them; nil in version 1.
    package let possession: Digest?

    /// Bytes of a nonce.
    package static let nonceByteCount = 16

    package init(
        task: Digest,
        round: UInt32,
        participantKey: PublicKey,
        baseModel: Digest,
        configuration: Digest,
        update: Digest,
        parameterCount: UInt64,
        sampleCount: UInt64,
        stepCount: UInt32,
        nonce: [UInt8],
        previousContribution: Digest,
        ledgerRootSeen: Digest,
        possession: Digest? = nil
    ) {
        precondition(nonce.count == Self.nonceByteCount, "a nonce has 16 bytes")
        self.task = task
        self.round = round
        self.participantKey = participantKey
        self.baseModel = baseModel
        self.configuration = configuration
        self.update = update
        self.parameterCount = parameterCount
        self.sampleCount = sampleCount
        self.stepCount = stepCount
        self.nonce = nonce
        self.previousContribution = previousContribution
        self.ledgerRootSeen = ledgerRootSeen
        self.possession = possession
    }

    /// What `possession` must be for a key and the bytes of an update's file.
    package static func possession(of update: UnsafeRawBufferPointer, by key: PublicKey) -> Digest {
        var hasher = SHA256.Hasher()
        key.withUnsafeBytes { hasher.update($0) }
        hasher.update(update)
        return hasher.finalize()
    }

    /// What `possession` must be for a key and the bytes of an update's file.
    package static func possession(of update: [UInt8], by key: PublicKey) -> Digest {
        update.withUnsafeBytes { possession(of: $0, by: key) }
    }

    /// SHA-256 of the encoded statement: what the participant's next statement names.
    package var digest: Digest { SHA256.hash(encoded) }
}
