internal import FoundationEssentials
package import Ledger

/// What an agent notes down for `status`, and for itself after a restart. Losing it loses no token: what matters is in
/// the key, the stored updates and the receipts.
package struct AgentState: Codable, Equatable, Sendable {
    /// One answered contribution.
    package struct LastRound: Codable, Equatable, Sendable {
        package var task: String
        package var taskName: String
        package var round: UInt32
        package var accepted: Bool
        /// The entry that accepts it, where there is one.
        package var sequence: UInt64?
        /// Why it does not count, where it does not.
        package var reason: String?
        package var timeMs: UInt64

        enum CodingKeys: String, CodingKey {
            case task, round, accepted, sequence, reason
            case taskName = "task_name"
            case timeMs = "time_ms"
        }
    }

    /// The number in the ledger.
    package var participant: ParticipantNumber?
    /// The ledger entry that registers the key.
    package var registration: UInt64?
    package var label = ""
    /// SHA-256 of the statement of this agent that was accepted last, in hexadecimal.
    package var lastAccepted: String?
    /// SHA-256 of the statements that this agent signed last, in hexadecimal, oldest first.
    package var recentStatements: [String] = []
    package var lastRound: LastRound?
    /// Contributions that were accepted, counted by this folder.
    package var acceptedCount = 0
    /// The balance as the coordinator last said, in units of 10^-6 token.
    package var balance: UInt64?
    /// Entries whose receipts are still to be fetched.
    package var owedReceipts: [UInt64] = []
    /// What the agent last did or waits for.
    package var activity = ""
    package var activityMs: UInt64 = 0

    package init() {}

    enum CodingKeys: String, CodingKey {
        case participant, registration, label, balance, activity
        case lastAccepted = "last_accepted"
        case recentStatements = "recent_statements"
        case lastRound = "last_round"
        case acceptedCount = "accepted_count"
        case owedReceipts = "owed_receipts"
        case activityMs = "activity_ms"
    }

    /// The file's bytes.
    var encoded: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        // Numbers, words and lists of them always encode.
        return (try? encoder.encode(self)).map { [UInt8]($0) + [UInt8(ascii: "\n")] } ?? []
    }

    /// Reads the file's bytes; nil where a power cut or somebody's editor left something else.
    init?(decoding bytes: [UInt8]) {
        guard let state = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
        self = state
    }
}
