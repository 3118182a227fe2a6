internal import Ledger
internal import Synchronization

/// The participants that the operator has banned, by number, kept in a file that is replaced before a ban counts.
package final class BanList: Sendable {
    private let path: String
    private let numbers: Mutex<Set<UInt32>>

    /// Reads the list of a folder; a missing file is an empty list.
    ///
    /// - Throws: `CoordinatorServerError` with code `damagedFile` or `fileSystem`.
    package init(folder: CoordinatorFolder) throws(CoordinatorServerError) {
        path = folder.bans
        numbers = Mutex(try Self.read(folder))
    }

    /// Reads the file anew, after an operator edited it.
    package func reload(folder: CoordinatorFolder) throws(CoordinatorServerError) {
        let read = try Self.read(folder)
        numbers.withLock { $0 = read }
    }

    /// Who is banned.
    package var banned: Set<UInt32> { numbers.withLock { $0 } }

    /// Bans a participant, or lifts the ban.
    package func set(_ number: UInt32, isBanned: Bool) throws(CoordinatorServerError) {
        try numbers.withLock { numbers throws(CoordinatorServerError) in
            var changed = numbers
            if isBanned { changed.insert(number) } else { changed.remove(number) }
            guard changed != numbers else { return }
            let text = changed.sorted().map { "\($0)\n" }.joined()
            try CoordinatorFolder.write(Array(text.utf8), to: path)
            numbers = changed
        }
    }

    private static func read(_ folder: CoordinatorFolder) throws(CoordinatorServerError) -> Set<UInt32> {
        guard folder.hasFile(folder.bans) else { return [] }
        let text = String(decoding: try CoordinatorFolder.read(folder.bans), as: UTF8.self)
        var numbers: Set<UInt32> = []
        for (index, line) in text.split(separator: "\n").enumerated() {
            guard let number = UInt32(line.filter { !$0.isWhitespace }) else {
                throw CoordinatorServerError(
                    .damagedFile, "\(folder.bans) has no participant's number in line \(index + 1)",
                    hint: "one number a line; `tributary coordinator status --home \(folder.path)` names them")
            }
            numbers.insert(number)
        }
        return numbers
    }
}
