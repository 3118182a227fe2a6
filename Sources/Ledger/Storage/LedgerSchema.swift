internal import Attestation
internal import FoundationEssentials
internal import GRDB

/// The tables of a ledger file. A file whose schema differs in one character is not opened: what is not there cannot
/// run.
enum LedgerSchema {
    /// `TRIB`, in the file's header.
    private static let applicationID = 0x5452_4942
    private static let version = 1

    private static let statements: [(type: String, name: String, sql: String)] = [
        (
            "table", "entries",
            "CREATE TABLE entries(sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL, leaf BLOB NOT NULL) STRICT"
        ),
        (
            "table", "balances",
            """
            CREATE TABLE balances(account TEXT PRIMARY KEY, debits_pending INTEGER NOT NULL, \
            debits_posted INTEGER NOT NULL, credits_pending INTEGER NOT NULL, credits_posted INTEGER NOT NULL) \
            STRICT, WITHOUT ROWID
            """
        ),
        (
            "table", "checkpoints",
            "CREATE TABLE checkpoints(size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT"
        ),
        (
            "trigger", "entries_follow_on",
            """
            CREATE TRIGGER entries_follow_on BEFORE INSERT ON entries \
            WHEN NEW.sequence IS NOT (SELECT ifnull(max(sequence) + 1, 0) FROM entries) \
            BEGIN SELECT RAISE(ABORT, 'entries follow on one another'); END
            """
        ),
        (
            "trigger", "entries_stay",
            """
            CREATE TRIGGER entries_stay BEFORE DELETE ON entries \
            BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END
            """
        ),
        (
            "trigger", "entries_stand",
            """
            CREATE TRIGGER entries_stand BEFORE UPDATE ON entries \
            BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END
            """
        ),
    ]

    /// Makes the tables of a new file.
    static func create(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
            for statement in statements { try db.execute(sql: statement.sql) }
            return .commit
        }
    }

    /// Refuses files that are not exactly a ledger of this version.
    static func check(_ db: Database) throws {
        let identifier = try Int.fetchOne(db, sql: "PRAGMA application_id")
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version")
        guard identifier == applicationID else {
            throw LedgerError(.storeUnreadable, "'\(db.description)' is a database, but not a ledger")
        }
        guard found == version else {
            throw LedgerError(.storeUnreadable, "a ledger file of version \(found ?? 0); this program reads \(version)")
        }
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 100"
        )
        let objects = rows.map { row in
            (0..<3).map { column -> String in
                guard case .string(let text) = (row[column] as DatabaseValue).storage else { return "" }
                return text
            }
        }
        guard Set(objects) == Set(statements.map { [$0.type, $0.name, $0.sql] }) else {
            throw LedgerError(.storeCorrupt, "the tables are not those of a ledger of version \(version)")
        }
    }

    /// One more than the last entry's sequence number: `count(*)` would walk the whole table.
    static func entryCount(_ db: Database) throws -> UInt64 {
        guard let row = try Row.fetchOne(db, sql: "SELECT max(sequence) FROM entries") else { return 0 }
        switch (row[0] as DatabaseValue).storage {
        case .null: return 0
        case .int64(let last) where last >= 0 && UInt64(last) < LedgerLimits.entryCount: return UInt64(last) + 1
        default: throw LedgerError(.storeCorrupt, "the last entry's number is damaged")
        }
    }

    /// A row of `entries`, or nil where it is not that entry. Bytes of another type than a blob are taken as they are:
    /// the hash beside them judges them.
    static func storedEntry(_ row: Row, sequence: UInt64) throws -> StoredEntry? {
        guard case .int64(let stored) = (row[0] as DatabaseValue).storage, stored == Int64(sequence),
            let leaf = try row.withUnsafeData(atIndex: 2, digest),
            let bytes = try row.withUnsafeData(atIndex: 1, entryBytes)
        else { return nil }
        return StoredEntry(bytes: bytes, leafHash: leaf)
    }

    private static func digest(_ data: Data?) -> Digest? {
        guard let data, data.count == Digest.byteCount else { return nil }
        return data.withUnsafeBytes { Digest(unsafeBytes: $0) }
    }

    private static func entryBytes(_ data: Data?) -> [UInt8]? {
        guard let data, data.count <= LedgerLimits.entryByteCount else { return nil }
        return [UInt8](data)
    }

    /// A row of `balances`, or nil where it has other types.
    static func storedBalance(_ row: Row) throws -> StoredBalance? {
        guard case .string(let account) = (row[0] as DatabaseValue).storage else { return nil }
        var sums: [UInt64] = []
        for column in 1...4 {
            guard case .int64(let sum) = (row[column] as DatabaseValue).storage else { return nil }
            sums.append(UInt64(bitPattern: sum))
        }
        return StoredBalance(
            account: try AccountName(account),
            balance: AccountBalance(
                debitsPending: sums[0],
                debitsPosted: sums[1],
                creditsPending: sums[2],
                creditsPosted: sums[3]
            )
        )
    }
}
