import Datasets
import Tensors
import Testing

@Suite("Dividing examples among participants")
struct PartitionerTests {
    private static let labels: [UInt8] = (0..<1_000).map { UInt8($0 * 7 % 10) }
    private static let groups: [Int] = (0..<1_000).map { $0 % 37 * 3 }
    static let partitioners: [Partitioner] = [
        .iid, .shards(perParticipant: 2), .dirichlet(alpha: 0.3, minimumCount: 2),
        .dirichlet(alpha: 100, minimumCount: 0),
        .quantitySkew(alpha: 0.05), .quantitySkew(alpha: 3), .naturalKey, .naturalKeyInOrder,
    ]

    @Test("Every example goes to exactly one participant, and nobody goes without", arguments: partitioners)
    func covers(partitioner: Partitioner) throws {
        for participants in [1, 2, 7, 30] {
            for seed: UInt64 in 0..<5 {
                let parts = try partitioner.partition(
                    labels: Self.labels,
                    groups: Self.groups,
                    participants: participants,
                    seed: seed
                )
                #expect(parts.count == participants)
                #expect(parts.allSatisfy { !$0.isEmpty && $0 == $0.sorted() })
                #expect(parts.joined().sorted() == Array(0..<1_000))
            }
        }
    }

    @Test(
        "The same seed divides the same way, another one differently wherever something is drawn",
        arguments: partitioners)
    func isSeeded(partitioner: Partitioner) throws {
        func parts(_ seed: UInt64) throws -> [[Int]] {
            try partitioner.partition(labels: Self.labels, groups: Self.groups, participants: 9, seed: seed)
        }
        #expect(try parts(1) == parts(1))
        // Dealing in order draws nothing.
        let isDrawn = partitioner != .naturalKeyInOrder
        #expect(try (parts(1) != parts(2)) == isDrawn)
    }

    /// The same divisions come out of another implementation of the generator, of Fisher and Yates' shuffle and of
    /// Marsaglia and Tsang's method. They may never change, or recorded runs could not be repeated.
    @Test("The division does not depend on the machine or the implementation")
    func isPortable() throws {
        let labels: [UInt8] = (0..<20).map { UInt8($0 % 3) }
        let dirichlet = try Partitioner.dirichlet(alpha: 0.5, minimumCount: 1).partition(
            labels: labels,
            participants: 3,
            seed: 1
        )
        #expect(
            dirichlet == [[2, 5, 8, 11], [1, 7, 10, 13, 14, 15, 16, 19], [0, 3, 4, 6, 9, 12, 17, 18]]
        )
        let even = try Partitioner.iid.partition(labels: Array(labels[..<10]), participants: 3, seed: 7)
        #expect(even == [[3, 5, 7], [2, 6, 8], [0, 1, 4, 9]])
    }

    @Test("Equal parts differ by one example at most, and shards give most participants few classes")
    func sizes() throws {
        for partitioner in [Partitioner.iid, .shards(perParticipant: 2)] {
            let sizes = try partitioner.partition(labels: Self.labels, participants: 30, seed: 3).map(\.count)
            let slack = partitioner == .iid ? 1 : 2
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= slack)
        }
        let parts = try Partitioner.shards(perParticipant: 2).partition(labels: Self.labels, participants: 50, seed: 3)
        #expect(parts.allSatisfy { Set($0.map { Self.labels[$0] }).count <= 4 })
    }

    @Test("A participant with one natural key's example has all of that key's")
    func keepsGroups() throws {
        let parts = try Partitioner.naturalKey.partition(
            labels: Self.labels,
            groups: Self.groups,
            participants: 10,
            seed: 1
        )
        var owners: [Int: Set<Int>] = [:]
        for (owner, part) in parts.enumerated() {
            for example in part { owners[Self.groups[example], default: []].insert(owner) }
        }
        #expect(owners.count == 37)
        #expect(owners.values.allSatisfy { $0.count == 1 })
    }

    @Test("Dealt in order, participant k has the k-th key, whatever the seed", arguments: [1, 2, 3])
    func keysInOrder(seed: UInt64) throws {
        let groups = Self.labels.indices.map { $0 % 4 * 10 }
        let parts = try Partitioner.naturalKeyInOrder.partition(
            labels: Self.labels, groups: groups, participants: 4, seed: seed)
        for (participant, part) in parts.enumerated() {
            #expect(part.allSatisfy { groups[$0] == 10 * participant })
        }
    }

    @Test("Dirichlet shares have the mean and variance of the distribution", arguments: [0.1, 1, 5])
    func dirichletMoments(alpha: Double) throws {
        // A share of a symmetric Dirichlet over K has mean 1/K and variance (K - 1) / (K² (K α + 1)).
        let (participants, rows, draws) = (4, 4_000, 1_500)
        let labels = [UInt8](repeating: 0, count: rows)
        var shares: [Double] = []
        for seed in 0..<draws {
            let parts = try Partitioner.quantitySkew(alpha: alpha).partition(
                labels: labels,
                participants: participants,
                seed: UInt64(seed)
            )
            shares.append(contentsOf: parts.map { Double($0.count) / Double(rows) })
        }
        let mean = shares.reduce(0, +) / Double(shares.count)
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
        let expected = 3.0 / (16 * (4 * alpha + 1))
        #expect(abs(mean - 0.25) < 1e-9)
        #expect(abs(variance - expected) < 0.1 * expected, "\(variance) against \(expected)")
    }

    @Test("A small alpha divides labels more unevenly than a large one")
    func alphaMatters() throws {
        func distance(_ alpha: Double) throws -> Double {
            let all = LabelHistogram(labels: Self.labels, classCount: 10)
            let parts = try Partitioner.dirichlet(alpha: alpha, minimumCount: 1).partition(
                labels: Self.labels,
                participants: 5,
                seed: 1
            )
            return parts.reduce(0) {
                $0 + LabelHistogram(labels: Self.labels, rows: $1, classCount: 10).distance(to: all)
            } / 5
        }
        let (uneven, middle, even) = (try distance(0.05), try distance(1), try distance(1_000))
        #expect(uneven > middle && middle > even && even < 0.05 && uneven > 0.4)
    }

    @Test("What cannot be divided so is refused with advice")
    func refuses() {
        let impossible: [(Partitioner, Int)] = [
            (.iid, 0), (.iid, -1), (.iid, 1_001), (.shards(perParticipant: 0), 2), (.shards(perParticipant: 501), 2),
            (.shards(perParticipant: .max), 2), (.dirichlet(alpha: 0, minimumCount: 1), 2),
            (.dirichlet(alpha: .nan, minimumCount: 1), 2), (.dirichlet(alpha: 1, minimumCount: 501), 2),
            (.dirichlet(alpha: 1, minimumCount: -1), 2), (.dirichlet(alpha: 1, minimumCount: .max), 2),
            (.quantitySkew(alpha: .infinity), 2), (.quantitySkew(alpha: -1), 2), (.naturalKey, 38),
        ]
        for (partitioner, participants) in impossible {
            #expect(throws: DatasetError(.invalidPartition, "", advice: ""), "\(partitioner) \(participants)") {
                try partitioner.partition(
                    labels: Self.labels,
                    groups: Self.groups,
                    participants: participants,
                    seed: 1
                )
            }
        }
        #expect(throws: DatasetError(.invalidPartition, "", advice: "")) {
            try Partitioner.naturalKey.partition(labels: Self.labels, participants: 2, seed: 1)
        }
        #expect(throws: DatasetError(.unluckyDraws, "", advice: "")) {
            try Partitioner.dirichlet(alpha: 0.001, minimumCount: 90).partition(
                labels: Self.labels,
                participants: 11,
                seed: 1
            )
        }
    }

    @Test("Extreme concentrations neither trap nor leave anybody without", arguments: [0.001, 1e6])
    func extremes(alpha: Double) throws {
        let parts = try Partitioner.quantitySkew(alpha: alpha).partition(
            labels: Self.labels,
            participants: 100,
            seed: 1
        )
        #expect(parts.joined().sorted() == Array(0..<1_000))
        #expect(parts.allSatisfy { !$0.isEmpty })
    }
}
