internal import Attestation
internal import FoundationEssentials
internal import GRDB

/// The embedded store: one SQLite file.
///
/// Entries and the balances they give are committed in one transaction, with `synchronous = FULL`, which is read back.
/// Triggers refuse updates, deletions and gaps. While it is open for writing the file is locked against every other
/// program and has a `-wal` file beside it; `close` leaves one file. A crash leaves both, and the next opening for
/// writing takes up what was committed.
package final class SQLiteLedgerStore: LedgerStore {
    /// What an opening may do.
    package enum Access: Sendable {
        /// A new file; refused with `logExists` where there is one.
        case create
        /// Reading and appending.
        case readWrite
        /// Reading alone, of a closed ledger: the file is not changed and nothing is put beside it.
        case readOnly
    }

    /// Number of entries.
    package private(set) var count: UInt64 = 0
    private let path: String
    private let access: Access
    /// Nil once it is closed.
    private var queue: DatabaseQueue?

    /// Opens a ledger file.
    ///
    /// - Throws: `logExists`, `storeUnreadable` where there is no ledger file, `storeCorrupt`, `storeBusy` where
    ///   another program has it open or, for reading alone, it was not closed; `notDurable`, or `storeFailed`.
    package init(path: String, access: Access) throws(LedgerError) {
        self.path = path
        self.access = access
        try LedgerFileHeader.check(path: path, access: access)
        let isNew = access == .create
        do {
            let queue = try Self.open(path, access)
            self.queue = queue
            self.count = try queue.inDatabase { db in
                if access != .readOnly { try Self.prepareWriting(db) }
                if isNew { try LedgerSchema.create(db) }
                try LedgerSchema.check(db)
                return try LedgerSchema.entryCount(db)
            }
        } catch {
            throw LedgerError(store: error, path: path)
        }
        if isNew { try LedgerFileHeader.makeNameDurable(path: path) }
    }

    private static func open(_ path: String, _ access: Access) throws -> DatabaseQueue {
        var configuration = GRDB.Configuration()
        configuration.readonly = access == .readOnly
        configuration.label = "ledger"
        configuration.prepareDatabase { db in
            // The file may be hostile: its schema runs nothing, and its cells are checked as they are read.
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
            if access != .readOnly { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Write-ahead logging costs one fsync a commit. `synchronous` is set after it and read back, since changing the
    /// journal mode may change it.
    private static func prepareWriting(_ db: Database) throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON")
        let level = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        guard mode == "wal", level == 2 else {
            throw LedgerError(
                .notDurable,
                "SQLite runs with journal mode \(mode ?? "none") and synchronous \(level ?? -1), not WAL and 2"
            )
        }
    }

    /// The level of `PRAGMA synchronous` in force: 2 is FULL.
    ///
    /// - Throws: `storeFailed`.
    package func synchronousLevel() throws(LedgerError) -> Int {
        try inDatabase { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1 }
    }

    package func append(_ entries: [EncodedEntry], balances: [StoredBalance]) throws(LedgerError) {
        guard access != .readOnly else {
            throw LedgerError(.readOnly, "'\(path)' was opened for reading only")
        }
        let start = count
        try inTransaction { db in
            let insert = try db.cachedStatement(
                sql: "INSERT INTO entries(sequence, bytes, leaf) VALUES (?, ?, ?)"
            )
            for (offset, entry) in entries.enumerated() {
                let sequence = start + UInt64(offset)
                guard entry.entry.sequence == sequence else {
                    throw LedgerError(.storeFailed, "an append that does not start at entry \(start)")
                }
                try insert.execute(arguments: [
                    Int64(sequence), Data(entry.bytes), entry.leafHash.withUnsafeBytes { Data($0) },
                ])
            }
            let replace = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO balances
                    (account, debits_pending, debits_posted, credits_pending, credits_posted)
                    VALUES (?, ?, ?, ?, ?)
                    """
            )
            for row in balances {
                try replace.execute(arguments: [
                    row.account.text, Int64(bitPattern: row.balance.debitsPending),
                    Int64(bitPattern: row.balance.debitsPosted), Int64(bitPattern: row.balance.creditsPending),
                    Int64(bitPattern: row.balance.creditsPosted),
                ])
            }
        }
        count = start + UInt64(entries.count)
    }

    package func entries(in range: Range<UInt64>) throws(LedgerError) -> [StoredEntry] {
        let end = min(range.upperBound, count)
        guard range.lowerBound < end else { return [] }
        return try inDatabase { db in
            let statement = try db.cachedStatement(
                sql: "SELECT sequence, bytes, leaf FROM entries WHERE sequence >= ? AND sequence < ? ORDER BY sequence"
            )
            let rows = try Row.fetchCursor(statement, arguments: [Int64(range.lowerBound), Int64(end)])
            var stored: [StoredEntry] = []
            stored.reserveCapacity(Int(clamping: min(end - range.lowerBound, 65_536)))
            while let row = try rows.next() {
                let expected = range.lowerBound + UInt64(stored.count)
                guard let entry = try LedgerSchema.storedEntry(row, sequence: expected) else {
                    throw LedgerError(
                        .storeCorrupt,
                        "the row of entry \(expected) is missing or damaged",
                        sequence: expected
                    )
                }
                stored.append(entry)
            }
            let expected = range.lowerBound + UInt64(stored.count)
            guard expected == end else {
                throw LedgerError(.storeCorrupt, "the row of entry \(expected) is missing", sequence: expected)
            }
            return stored
        }
    }

    package func balances() throws(LedgerError) -> [StoredBalance] {
        try inDatabase { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT account, debits_pending, debits_posted, credits_pending, credits_posted
                    FROM balances ORDER BY account LIMIT ?
                    """,
                arguments: [Int64(clamping: count) &+ 2]
            )
            var balances: [StoredBalance] = []
            while let row = try rows.next() {
                guard let balance = try LedgerSchema.storedBalance(row) else {
                    throw LedgerError(.storeCorrupt, "row \(balances.count) of the balances is damaged")
                }
                balances.append(balance)
            }
            return balances
        }
    }

    package func appendCheckpoint(_ note: [UInt8], size: UInt64) throws(LedgerError) {
        guard access != .readOnly else {
            throw LedgerError(.readOnly, "'\(path)' was opened for reading only")
        }
        try inTransaction { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO checkpoints(size, note) VALUES (?, ?)",
                arguments: [Int64(size), Data(note)]
            )
        }
    }

    package func lastCheckpoint() throws(LedgerError) -> [UInt8]? {
        try inDatabase { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"
                )
            else { return nil }
            guard case .blob(let note) = (row[0] as DatabaseValue).storage,
                note.count <= LedgerLimits.checkpointByteCount
            else {
                throw LedgerError(.storeCorrupt, "the last checkpoint is damaged")
            }
            return [UInt8](note)
        }
    }

    package func close() throws(LedgerError) {
        guard let queue else { return }
        do {
            if access != .readOnly {
                // Moves what is in the write-ahead log into the file and removes the log.
                try queue.inDatabase { db in
                    let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
                    guard mode == "delete" else {
                        throw LedgerError(.storeFailed, "the write-ahead log of '\(path)' could not be folded in")
                    }
                }
            }
            try queue.close()
        } catch {
            throw LedgerError(store: error, path: path)
        }
        self.queue = nil
    }

    private func inTransaction(_ body: (Database) throws -> Void) throws(LedgerError) {
        try inDatabase { db in
            try db.inTransaction(.immediate) {
                try body(db)
                return .commit
            }
        }
    }

    private func inDatabase<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        guard let queue else {
            throw LedgerError(.storeFailed, "'\(path)' is closed")
        }
        do {
            return try queue.inDatabase(body)
        } catch {
            throw LedgerError(store: error, path: path)
        }
    }
}
