import Foundation
package import Ledger
package import Runs

/// A run's ledger, open for reading.
///
/// A process that was killed, or whose disk was full, leaves the ledger with its last entries in the write-ahead log
/// beside it. Such a ledger is copied, log and all, and taken up in the copy: the run folder is evidence and stays as
/// it is. The copy goes with the value.
package final class RunLedger {
    /// The entries.
    package let store: SQLiteLedgerStore
    /// Whether the run closed it.
    package let wasClosed: Bool
    private let copy: URL?

    /// Opens the ledger of a run.
    ///
    /// - Throws: `storeBusy` while a process writes to it, `storeFailed` if it cannot be copied, or as
    ///   `SQLiteLedgerStore` does.
    package init(_ folder: RunFolder) throws(LedgerError) {
        let log = folder.ledger.path + "-wal"
        guard FileManager.default.fileExists(atPath: log) else {
            store = try SQLiteLedgerStore(path: folder.ledger.path, access: .readOnly)
            wasClosed = true
            copy = nil
            return
        }
        guard !Self.isLocked(folder.ledger.path) else {
            let advice =
                AuditedFolder(folder).isCoordinator
                ? "its coordinator is running: stop it, look, and start it again, for agents wait and nothing is lost"
                : "wait for the run to end, or stop it"
            throw LedgerError(.storeBusy, "'\(folder.ledger.path)' is being written to; \(advice)")
        }
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let target = place.appendingPathComponent("ledger.sqlite").path
            try FileManager.default.copyItem(atPath: folder.ledger.path, toPath: target)
            try FileManager.default.copyItem(atPath: log, toPath: target + "-wal")
            store = try SQLiteLedgerStore(path: target, access: .readWrite)
        } catch let error as LedgerError {
            try? FileManager.default.removeItem(at: place)
            throw error
        } catch {
            try? FileManager.default.removeItem(at: place)
            throw LedgerError(
                .storeFailed, "'\(folder.ledger.path)' was not closed, and cannot be copied to be read: \(error)")
        }
        wasClosed = false
        copy = place
    }

    deinit {
        guard let copy else { return }
        try? store.close()
        try? FileManager.default.removeItem(at: copy)
    }

    /// Whether another process holds one of SQLite's locks, which are on 512 bytes from 2^30 on (SQLite's os.h).
    static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 1 << 30
        lock.l_len = 512
        return unsafe fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }
}
