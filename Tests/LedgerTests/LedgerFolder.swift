import Foundation
import Ledger

/// A temporary folder for ledger files, removed with the value.
final class LedgerFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of a file in the folder.
    func path(_ name: String = "ledger.sqlite") -> String { url.appendingPathComponent(name).path }

    /// Names of the files in the folder, in order.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }

    /// Writes a closed ledger file with the entries of a history.
    func write(_ history: HistoryWriter, _ name: String = "ledger.sqlite") throws -> String {
        let store = try SQLiteLedgerStore(path: path(name), access: .create)
        try store.append(history.entries, balances: try history.store.balances())
        try store.close()
        return path(name)
    }
}
