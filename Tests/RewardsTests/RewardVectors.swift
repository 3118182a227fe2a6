import Foundation

/// `Protocols/vectors/rewards/rewards.json`, made by `reference.py` beside it.
struct RewardVectors: Decodable {
    struct Weight: Decodable {
        let squared: String
        let units: UInt32
        let bound: String
        let factor: UInt64
        let weight: UInt64
    }

    struct Bound: Decodable {
        let squared: [String]
        let units: [UInt32]
        /// Many equal norms: squared norm, units and count.
        let runs: [[String]]?
        let task: String
        let previous: String?
        let base: String
        let bound: String
    }

    struct Round: Decodable {
        let novel: [String]
        let effective: [UInt64]
        let share: UInt32
        let gains: [String]
        let echo: [UInt64]
    }

    struct Merits: Decodable {
        let gains: [String]
        let merit: String
    }

    struct Settlement: Decodable {
        let pool: String
        let before: String
        let after: String
        let target: String
        let merits: [String]
        let payable: String
        let payments: [String]
        let paid: String
    }

    let weights: [Weight]
    let bounds: [Bound]
    let rounds: [Round]
    let merits: [Merits]
    let settlements: [Settlement]

    static func read() throws -> RewardVectors {
        let url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Protocols/vectors/rewards/rewards.json")
        return try JSONDecoder().decode(RewardVectors.self, from: Data(contentsOf: url))
    }
}
