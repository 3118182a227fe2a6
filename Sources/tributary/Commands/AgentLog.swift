import Foundation
import Ledger

/// What an agent tells while it works: plain lines on standard error.
enum AgentLog {
    static func line(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text.shown() + "\n").utf8))
    }
}
