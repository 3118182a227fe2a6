internal import GRDB

extension LedgerError {
    /// What an error of the database means for the ledger.
    init(store error: any Error, path: String) {
        if let error = error as? LedgerError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.storeFailed, "'\(path)': \(error)")
            return
        }
        let reason = error.message ?? "no message"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.storeBusy, "'\(path)' is open in another program: \(reason)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_SCHEMA,
            .SQLITE_TOOBIG, .SQLITE_RANGE:
            self.init(.storeCorrupt, "'\(path)' is damaged: \(reason)")
        case .SQLITE_FULL: self.init(.storeFull, "'\(path)': the disk is full")
        case .SQLITE_CANTOPEN:
            self.init(.storeUnreadable, "'\(path)' cannot be opened: \(reason)")
        default:
            self.init(.storeFailed, "'\(path)': \(reason)")
        }
    }
}
