internal import Datasets
internal import Federation
internal import Ledger
internal import Runs

extension Scenario {
    /// The scenario file with every value written out: read back, it gives this scenario.
    package var text: String {
        var lines = task.text.split(separator: "\n").map(String.init).filter { line in
            !["schema:", "retain:"].contains { line.hasPrefix($0) }
        }
        let rewardPlace = lines.firstIndex { $0.hasPrefix("reward:") } ?? lines.count - 1
        lines[rewardPlace] =
            lines[rewardPlace].dropLast(2)
            + ", cap: \"\(TokenAmount.text(cap))\" }"
        lines.append("data: { \(data.text), validation: \(validationCount), test: \(testCount) }")
        lines.append("partition: { \(partitionText) }")
        lines.append("participants:")
        for population in populations {
            lines.append("  - { \(population.text) }")
        }
        lines.append(
            """
            network: { latency_ms: \(network.latencyMs), jitter_ms: \(network.jitterMs), \
            bandwidth_mbps: \(network.bandwidthMbps), duplicate: \(network.duplicate), seed: \(network.seed) }
            """)
        let retain =
            switch retention {
            case .all: "retain: all"
            case .lastRounds(let count): "retain: last, last: \(count)"
            case .none: "retain: none"
            }
        lines.append("updates: { \(retain), disk_budget_mb: \(diskBudgetByteCount >> 20) }")
        return lines.joined(separator: "\n") + "\n"
    }

    private var partitionText: String {
        switch partitioner {
        case .iid: "rule: iid"
        case .shards(let perParticipant): "rule: shards, shards: \(perParticipant)"
        case .dirichlet(let alpha, let minimum): "rule: dirichlet, alpha: \(alpha), minimum: \(minimum)"
        case .quantitySkew(let alpha): "rule: quantity, alpha: \(alpha)"
        case .naturalKey: "rule: natural"
        case .naturalKeyInOrder: "rule: natural, deal: in-order"
        }
    }
}

extension Scenario.DataSource {
    /// The keys of `data:` that name it.
    package var text: String {
        switch self {
        case .digits: "source: digits"
        case .path(let path): "source: folder, path: \(ConfigurationSection.quoted(path))"
        }
    }
}
