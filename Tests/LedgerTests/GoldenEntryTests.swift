import Foundation
import Ledger
import Testing

@Suite("Golden bytes for other implementations")
struct GoldenEntryTests {
    /// Set `TRIBUTARY_WRITE_VECTORS=1` to write the file anew after a change of the format.
    @Test("The log with everything in it has the published bytes, hashes and balances")
    func golden() throws {
        let history = try HistoryWriter.everything()
        let current = try GoldenLog(history.entries, history.state)
        if ProcessInfo.processInfo.environment["TRIBUTARY_WRITE_VECTORS"] == "1" {
            try current.write("everything-v2.json")
        }
        #expect(try GoldenLog.published("everything-v2.json") == current)
    }
}
