internal import Tensors

/// How the examples of one data set are dealt out to participants.
///
/// Whatever the way: every example goes to exactly one participant, nobody goes without, and the same arguments give
/// the same division on any machine. Federations in the wild are rarely `iid`; `shards` and `dirichlet` are the two
/// standard ways of making labels uneven, `quantitySkew` makes sizes uneven, `naturalKey` keeps what belongs together.
package enum Partitioner: Hashable, Sendable {
    /// Shuffled and cut in equal parts (sizes differ by at most one).
    case iid
    /// Sorted by label, cut in participants × `perParticipant` equal shards, and the shards dealt at random, so that
    /// most participants see few classes (McMahan et al. 2017, §3).
    case shards(perParticipant: Int)
    /// Each class is split by proportions drawn from a symmetric Dirichlet distribution (Hsu, Qi and Brown 2019;
    /// Yurochkin et al. 2019): a small `alpha` gives each class to few participants, a large one approaches `iid`.
    /// Drawn again while somebody has fewer than `minimumCount` examples.
    case dirichlet(alpha: Double, minimumCount: Int)
    /// Shuffled and cut in sizes drawn from a symmetric Dirichlet distribution; labels stay even.
    case quantitySkew(alpha: Double)
    /// All examples with one key (a writer, a site) go to one participant; keys are dealt out at random, the numbers
    /// of keys differing by at most one.
    case naturalKey
    /// The same, and the keys are dealt in ascending order: with as many keys as participants, participant k gets the
    /// k-th. For data whose parts were cut on purpose.
    case naturalKeyInOrder

    /// Divides the examples `0..<labels.count`.
    ///
    /// - Parameters:
    ///   - labels: each example's class.
    ///   - groups: each example's natural key; only `naturalKey` needs it.
    ///   - participants: how many to divide among.
    ///   - seed: of all draws.
    /// - Returns: the example numbers of each participant, ascending.
    /// - Throws: `DatasetError`: `invalidPartition` for what cannot be divided so, `unluckyDraws` where
    ///   `DatasetLimits.drawCount` draws all left somebody with fewer than `minimumCount`.
    package func partition(
        labels: [UInt8],
        groups: [Int]? = nil,
        participants: Int,
        seed: UInt64
    ) throws(DatasetError) -> [[Int]] {
        guard (1...DatasetLimits.participantCount).contains(participants), participants <= labels.count else {
            throw DatasetError(
                .invalidPartition,
                "\(labels.count) examples cannot be divided among \(participants) participants",
                advice: "each participant needs an example; at most \(DatasetLimits.participantCount) are allowed"
            )
        }
        var generator = SeededGenerator(seed: seed, stream: "partition")
        let parts =
            switch self {
            case .iid: Self.equalCuts(generator.permutation(of: labels.count), into: participants)
            case .shards(let perParticipant):
                try Self.shards(labels, participants, perParticipant, &generator)
            case .dirichlet(let alpha, let minimumCount):
                try Self.dirichlet(labels, participants, alpha, minimumCount, &generator)
            case .quantitySkew(let alpha):
                try Self.quantitySkew(labels.count, participants, alpha, &generator)
            case .naturalKey:
                try Self.naturalKey(groups, labels.count, participants) { generator.permutation(of: $0) }
            case .naturalKeyInOrder: try Self.naturalKey(groups, labels.count, participants) { Array(0..<$0) }
            }
        return parts.map { $0.sorted() }
    }

    /// Consecutive cuts whose sizes differ by at most one.
    private static func equalCuts(_ order: [Int], into count: Int) -> [[Int]] {
        (0..<count).map { part in
            Array(order[order.count * part / count..<order.count * (part + 1) / count])
        }
    }

    private static func shards(
        _ labels: [UInt8],
        _ participants: Int,
        _ perParticipant: Int,
        _ generator: inout SeededGenerator
    ) throws(DatasetError) -> [[Int]] {
        let (shardCount, overflow) = participants.multipliedReportingOverflow(by: perParticipant)
        guard perParticipant > 0, !overflow, shardCount <= labels.count else {
            throw DatasetError(
                .invalidPartition,
                "\(labels.count) examples do not make \(perParticipant) shards for each of \(participants)",
                advice: "use fewer shards per participant or fewer participants"
            )
        }
        let byLabel = labels.indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
        let shards = equalCuts(byLabel, into: shardCount)
        let order = generator.permutation(of: shardCount)
        return (0..<participants).map { participant in
            order[participant * perParticipant..<(participant + 1) * perParticipant].flatMap { shards[$0] }
        }
    }

    private static func dirichlet(
        _ labels: [UInt8],
        _ participants: Int,
        _ alpha: Double,
        _ minimumCount: Int,
        _ generator: inout SeededGenerator
    ) throws(DatasetError) -> [[Int]] {
        let distribution = try DirichletDistribution(alpha: alpha, count: participants)
        let (needed, overflow) = participants.multipliedReportingOverflow(by: minimumCount)
        guard minimumCount >= 0, !overflow, needed <= labels.count else {
            throw DatasetError(
                .invalidPartition,
                "\(labels.count) examples are too few for \(participants) participants with \(minimumCount) each",
                advice: "lower the minimum or the number of participants"
            )
        }
        var classes = [[Int]](repeating: [], count: 256)
        for index in generator.permutation(of: labels.count) { classes[Int(labels[index])].append(index) }
        classes.removeAll { $0.isEmpty }
        for _ in 0..<DatasetLimits.drawCount {
            let cuts = classes.map { distribution.cuts(of: $0.count, using: &generator) }
            let sizes = (0..<participants).map { part in
                cuts.reduce(0) { $0 + $1[part + 1] - $1[part] }
            }
            guard sizes.allSatisfy({ $0 >= max(minimumCount, 1) }) else { continue }
            return (0..<participants).map { part in
                zip(classes, cuts).flatMap { $0[$1[part]..<$1[part + 1]] }
            }
        }
        throw DatasetError(
            .unluckyDraws,
            "\(DatasetLimits.drawCount) draws each left somebody with fewer than \(max(minimumCount, 1)) examples",
            advice: "raise alpha (\(alpha)), lower the minimum, or use fewer participants"
        )
    }

    private static func quantitySkew(
        _ count: Int,
        _ participants: Int,
        _ alpha: Double,
        _ generator: inout SeededGenerator
    ) throws(DatasetError) -> [[Int]] {
        let distribution = try DirichletDistribution(alpha: alpha, count: participants)
        let order = generator.permutation(of: count)
        // One example for each beforehand, the rest by the proportions: nobody goes without.
        let cuts = distribution.cuts(of: count - participants, using: &generator)
        var parts: [[Int]] = []
        for part in 0..<participants {
            let start = cuts[part] + part
            let end = cuts[part + 1] + part + 1
            parts.append(Array(order[start..<end]))
        }
        return parts
    }

    private static func naturalKey(
        _ groups: [Int]?,
        _ count: Int,
        _ participants: Int,
        order: (Int) -> [Int]
    ) throws(DatasetError) -> [[Int]] {
        guard let groups, groups.count == count else {
            throw DatasetError(
                .invalidPartition,
                "the data set has no natural key for each of its \(count) examples",
                advice: "use another way of dividing it, or name its group column"
            )
        }
        let keys = Set(groups).sorted()
        guard keys.count >= participants else {
            throw DatasetError(
                .invalidPartition,
                "\(keys.count) natural keys cannot be dealt to \(participants) participants",
                advice: "use at most as many participants as there are keys"
            )
        }
        var ownerOfKey: [Int: Int] = [:]
        for (place, key) in order(keys.count).enumerated() {
            ownerOfKey[keys[key]] = place % participants
        }
        var parts = [[Int]](repeating: [], count: participants)
        for (index, group) in groups.enumerated() {
            if let owner = ownerOfKey[group] { parts[owner].append(index) }
        }
        return parts
    }
}
