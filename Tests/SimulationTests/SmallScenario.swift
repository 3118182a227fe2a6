/// Scenarios small enough to run many of them: softmax regression on the embedded digits, a few rounds.
struct SmallScenario {
    var name = "small"
    var seed = 1
    var rounds = 3
    var hidden = ""
    var cohort = "size: 4, quorum: 2, deadline_s: 60"
    var trust = "known"
    var reward = "score: value, pool: \"30\", target_drop: 2"
    var participants = ["kind: honest, count: 4"]
    var network = "latency_ms: 40, jitter_ms: 20, bandwidth_mbps: 50"
    /// Further lines of the file.
    var more: [String] = []

    /// The scenario file.
    var text: String {
        let lines =
            [
                "name: \(name)", "seed: \(seed)", "rounds: \(rounds)",
                "data: { source: digits, validation: 100, test: 100 }",
                "model: { hidden: [\(hidden)] }",
                "training: { epochs: 1, batch: 20, learning_rate: 0.1 }",
                "cohort: { \(cohort) }",
                "trust: \(trust)",
                "reward: { \(reward) }",
                "network: { \(network) }",
                "participants:",
            ] + participants.map { "  - { \($0) }" } + more
        return lines.joined(separator: "\n") + "\n"
    }

    /// Four who work and one of each old kind that does not, each with a key that somebody vouched for.
    static let mixed = SmallScenario(
        name: "mixed", rounds: 4, cohort: "size: 9, quorum: 3, deadline_s: 60", trust: "open",
        reward: "score: value, pool: \"40\", target_drop: 2",
        participants: [
            "kind: honest, count: 4", "kind: zero, count: 1", "kind: noise, count: 1", "kind: replay, count: 1",
            "kind: replay-noise, count: 1, noise: 0.3", "kind: label-flip, count: 1",
        ])

    /// Slow, lossy, repetitive: what keeps a round from being simple.
    static let rough = SmallScenario(
        name: "rough", rounds: 8, cohort: "size: 4, quorum: 2, over_selection: 1.5, deadline_s: 5",
        participants: [
            "kind: honest, count: 4", "kind: honest, count: 2, late: 0.6", "kind: honest, count: 2, speed: 0.001",
            "kind: drop-out, count: 3, drop_out: 0.7",
        ], network: "latency_ms: 400, jitter_ms: 900, bandwidth_mbps: 2, duplicate: 0.5")
}
