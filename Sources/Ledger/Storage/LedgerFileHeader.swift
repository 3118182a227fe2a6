internal import FoundationEssentials
internal import Glibc

/// What can be told about a ledger file before SQLite opens it.
enum LedgerFileHeader {
    private static let magic = Array("SQLite format 3".utf8) + [0]

    /// Refuses what would be changed by opening it, or is no SQLite file at all.
    ///
    /// - Throws: `logExists`, `storeUnreadable` or `storeBusy`.
    static func check(path: String, access: SQLiteLedgerStore.Access) throws(LedgerError) {
        let isPresent = FileManager.default.fileExists(atPath: path)
        guard access != .create else {
            guard !isPresent else {
                throw LedgerError(.logExists, "'\(path)' exists already; open it, or choose another name")
            }
            return
        }
        guard isPresent else {
            throw LedgerError(.storeUnreadable, "there is no file '\(path)'")
        }
        let header = try head(of: path)
        guard header.starts(with: magic), header.count == 100 else {
            throw LedgerError(.storeUnreadable, "'\(path)' is not a ledger file")
        }
        guard access == .readOnly else { return }
        // Bytes 18 and 19 are 2 while the file uses a write-ahead log (SQLite file format, section 1.3).
        let isClosed = header[18] == 1 && header[19] == 1
        let hasLog = ["-wal", "-journal"].contains { FileManager.default.fileExists(atPath: path + $0) }
        guard isClosed, !hasLog else {
            throw LedgerError(
                .storeBusy,
                "'\(path)' is in use or was not closed; stop the coordinator, or start and stop it once; if it does not start, restore a backup"
            )
        }
    }

    /// Makes a new file's name survive a loss of power.
    static func makeNameDurable(path: String) throws(LedgerError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LedgerError(.storeFailed, "the folder of '\(path)' cannot be opened: \(reason)")
        }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw LedgerError(.storeFailed, "the name of '\(path)' cannot be made durable: \(reason)")
        }
    }

    /// At most the first 100 bytes.
    private static func head(of path: String) throws(LedgerError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LedgerError(.storeUnreadable, "'\(path)' cannot be opened: \(reason)")
        }
        defer { Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            throw LedgerError(.storeUnreadable, "'\(path)' cannot be read: \(reason)")
        }
        return Array(bytes[..<count])
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
