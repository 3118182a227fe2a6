package import Attestation
package import Ledger
internal import Runs

/// The newest signed head of one log, in a file of its own, and the right of one process to sign the log.
///
/// The file lies in `CoordinatorFolder.heads` under the key's name, so that a copy or a backup of the coordinator's
/// folder meets the same file as the original. A lock beside it is held as long as the coordinator runs. Each new head
/// is written to `checkpoint` beside the ledger as well, where it goes with the folder to another machine.
package final class SignedHeadFile: SignedHeadStore, Sendable {
    /// The file.
    package let path: String
    private let copy: String
    private let lock: FolderLock

    /// Takes the right to sign with a key on this machine, until `release` or the end of the process.
    ///
    /// - Throws: `CoordinatorServerError`: `locked` where another process has it, `fileSystem` or `diskFull` where the
    ///   folder of heads cannot be made.
    package init(folder: CoordinatorFolder, key: PublicKey) throws(CoordinatorServerError) {
        do {
            try CoordinatorFolder.makeFolder(folder.heads)
        } catch {
            throw CoordinatorServerError(
                error.code, error.message,
                hint: """
                    the newest signed head is kept there, apart from the ledger: set XDG_STATE_HOME to a folder that \
                    this user may write to and that no backup brings back
                    """)
        }
        path = "\(folder.heads)/\(key.did.split(separator: ":").last ?? "key")"
        copy = folder.checkpoint
        lock = try FolderLock(
            path: path + ".lock",
            held: CoordinatorServerError(
                .locked, "another process signs with the key of \(folder.path)",
                hint: """
                    a copy of this folder is running: one log has one coordinator, so stop the other and keep the \
                    folder with the longer ledger
                    """))
    }

    package func last() throws(LedgerError) -> [UInt8]? { try Self.read(path) }

    package func known() throws(LedgerError) -> [SignedHead] {
        var heads: [SignedHead] = []
        for place in [path, copy] {
            if let note = try Self.read(place) { heads.append(SignedHead(place: place, note: note)) }
        }
        return heads
    }

    package func swap(_ old: [UInt8]?, for new: [UInt8]) throws(LedgerError) {
        guard lock.isInPlace, try last() == old else {
            throw LedgerError(.headMoved, "another process has signed this log meanwhile: see \(path)")
        }
        guard new != old else { return }
        for place in [path, copy] {
            do { try DurableFile.write(new, to: place, mode: 0o600) } catch {
                throw LedgerError(error.code == .diskFull ? .storeFull : .storeFailed, error.message)
            }
        }
    }

    /// Lets another process sign.
    package func release() { lock.release() }

    private static func read(_ path: String) throws(LedgerError) -> [UInt8]? {
        do {
            return try DurableFile.read(path, limit: LedgerLimits.checkpointByteCount)
        } catch {
            if error.code == .missing { return nil }
            throw LedgerError(.storeFailed, error.message)
        }
    }
}
