package import Attestation

/// What a signed checkpoint promises about a log.
package struct LogHead: Sendable {
    /// The promise.
    package let checkpoint: Checkpoint

    /// Reads a checkpoint that this verifier's key has signed for its own origin.
    ///
    /// - Throws: `badCheckpoint`.
    package init(note: [UInt8], verifier: NoteVerifier) throws(LedgerError) {
        do {
            let note = try SignedNote(parsing: note)
            try note.verified(by: [verifier])
            checkpoint = try Checkpoint(text: note.text)
        } catch {
            throw LedgerError(.badCheckpoint, "the checkpoint is not one of '\(verifier.name)': \(error.message)")
        }
        guard checkpoint.origin.utf8.elementsEqual(verifier.name.utf8) else {
            throw LedgerError(
                .badCheckpoint,
                "the checkpoint is of the log '\(checkpoint.origin)', not of '\(verifier.name)'"
            )
        }
    }

    /// Checks that a log still has what was promised.
    ///
    /// - Throws: `shorterThanCheckpoint` or `inconsistentWithCheckpoint`.
    package func check(_ tree: MerkleTree) throws(LedgerError) {
        guard tree.count >= checkpoint.size else {
            throw LedgerError(
                .shorterThanCheckpoint,
                """
                the log has \(tree.count) entries, but a checkpoint was signed over \(checkpoint.size): entries were \
                lost, or an old copy restored; find the newer copy
                """
            )
        }
        guard let root = try? tree.root(atSize: checkpoint.size), root == checkpoint.root else {
            throw LedgerError(
                .inconsistentWithCheckpoint,
                "the first \(checkpoint.size) entries are not those that the checkpoint was signed over"
            )
        }
    }
}
