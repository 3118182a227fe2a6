/// One attack of the table that `./run attacks` prints: who is added beside honest participants, and what it may earn.
package struct AttackRow: Sendable {
    /// What an attack may come to under trust `open`.
    package enum Limit: Equatable, Sendable {
        /// The pay of all the attackers' keys together against the mean of the honest, at most.
        case share(Double)
        /// The attackers' updates come in, and every one is refused.
        case refused
        /// No limit holds, and none is claimed: the figure is printed.
        case measured
    }

    /// For people.
    package let name: String
    /// Who is added.
    package let populations: [Population]
    package let limit: Limit
    /// The limit where honest participants' data are not alike, if it is another one.
    package let unlikeLimit: Limit
    /// Test accuracy that the model must reach, where that is claimed.
    package let accuracyFloor: Double?

    /// Keys of the attackers.
    package var keyCount: Int { populations.reduce(0) { $0 + $1.count } }

    /// Whether the attack needs what a sound coordinator shows nobody.
    package var isOracle: Bool { populations.contains { $0.kind.isOracle } }

    /// Everybody: so many honest participants first, then the attackers.
    package func populations(besideHonest count: Int) -> [Population] {
        [Population(kind: .honest, count: count)] + populations
    }

    /// - Parameter accuracyFloor: `AttackCatalogue.accuracyFloor` for attacks by one key, if left out.
    init(
        _ name: String, _ populations: Population..., limit: Limit, unlikeLimit: Limit? = nil,
        accuracyFloor: Double? = nil
    ) {
        self.name = name
        self.populations = populations
        self.limit = limit
        self.unlikeLimit = unlikeLimit ?? limit
        let keys = populations.reduce(0) { $0 + $1.count }
        self.accuracyFloor = accuracyFloor ?? (keys == 1 ? AttackCatalogue.accuracyFloor : nil)
    }
}

/// The public attacks as populations, with the thresholds that pay under trust `open` is held to.
package enum AttackCatalogue {
    /// Accuracy of the digits' model under any single attacker of five.
    package static let accuracyFloor = 0.9
    /// Most that keys without data may earn together, up to five of them.
    package static let withoutData = AttackRow.Limit.share(0.35)
    /// Most that replays and older steps may earn, all keys together.
    package static let replayed = AttackRow.Limit.share(0.05)
    /// Most that sending junk and taking it back may earn.
    package static let junk = AttackRow.Limit.share(0.10)
    /// Most that claiming examples or scaling an honest update may earn.
    package static let inflated = AttackRow.Limit.share(1.35)

    /// All rows, in the order of the table.
    package static let rows: [AttackRow] =
        idle + past + junkAndUndo + copies + inflating + poorWork + partTime + open + sharpening

    private static let idle = [
        AttackRow("zeros", row(.zero), limit: withoutData),
        AttackRow("noise", row(.noise), limit: withoutData),
        AttackRow("five keys of noise", row(.noise, count: 5), limit: withoutData),
        AttackRow("two keys, plus and minus noise", row(.pairNoise, count: 2), limit: withoutData),
        AttackRow("two pairs, plus and minus noise", row(.pairNoise, count: 4), limit: withoutData),
        AttackRow("three keys whose noise sums to zero", row(.tripleNoise, count: 3), limit: withoutData),
        // What it attacks is the bound, and with it the model.
        AttackRow(
            "five keys of tiny norms", row(.tinyNorms, count: 5), limit: withoutData, accuracyFloor: accuracyFloor),
    ]

    /// Functions of the public model that lie in no earlier step: none is claimed to earn nothing.
    private static let sharpening = [
        AttackRow("the model's own last layer", row(.sharpen), limit: .measured),
        AttackRow("three keys of the model's last layer", row(.sharpen, count: 3), limit: .measured),
        AttackRow("five keys of the model's last layer", row(.sharpen, count: 5), limit: .measured),
    ]

    private static let past = [
        AttackRow("replay of the last step", row(.replay), limit: replayed),
        AttackRow("replay with 30 % noise", row(.replayNoise), limit: replayed),
        AttackRow("five replayers", row(.replay, count: 5), limit: replayed),
        AttackRow("three steps back, twice over", row(.history) { $0.scale = 2 }, limit: replayed),
        AttackRow("eight steps back", row(.history) { $0.lag = 8 }, limit: replayed),
        AttackRow("random mix of eight steps and a kick", row(.historyMix), limit: replayed),
        AttackRow("two keys, plus and minus old steps, 100 times", row(.pairHistory, count: 2), limit: replayed),
        AttackRow(
            "two keys, plus and minus old steps, to the bound", row(.pairHistory, count: 2) { $0.toBound = true },
            limit: replayed),
    ]

    private static let junkAndUndo = [
        AttackRow("junk and undo", row(.junkUndo), limit: junk),
        // Where data are not alike, the scores of the honest are so unequal that an echo, which they weight, does not
        // tell their part of the step from the junk.
        AttackRow("five keys of junk and undo", row(.junkUndo, count: 5), limit: junk, unlikeLimit: .measured),
    ]

    // Copies come in late: who copies has to see first.
    private static let copies = [
        AttackRow("copy of another's update", row(.copy, speed: 0.001), limit: .refused),
        AttackRow(
            "copy with 10 % noise, if seen", row(.copy, noise: 0.1) { $0.variant = .noisy }, limit: .measured),
        AttackRow("mean of all others, if seen", row(.copy) { $0.variant = .mean }, limit: .measured),
        AttackRow("copy of the last round, if seen", row(.staleCopy), limit: .measured),
    ]

    private static let inflating = [
        AttackRow("claims 100 times its examples", row(.claims), limit: inflated),
        AttackRow("honest update, 3 times", row(.scaled), limit: inflated),
        AttackRow("honest update, 10 times", row(.scaled) { $0.factor = 10 }, limit: inflated),
    ]

    private static let poorWork = [
        AttackRow("10 examples", row(.fewExamples), limit: .measured),
        AttackRow("10 examples, to the bound", row(.fewExamples) { $0.toBound = true }, limit: .measured),
        AttackRow("labels turned round", row(.labelFlip), limit: .measured),
        AttackRow("honest update, -3 times", row(.poison), limit: .measured),
    ]

    private static let partTime = [
        AttackRow("works every second round", row(.alternating), limit: .measured),
        AttackRow("five rounds of work, then replay", row(.sleeper), limit: .measured),
        AttackRow("works in rounds 1 and 2", row(.earlyOnly), limit: .measured),
        AttackRow("joins in round 6", row(.late), limit: .measured),
        AttackRow("leaves after round 10", row(.leaves), limit: .measured),
    ]

    private static let open = [
        AttackRow("two keys, same data", row(.sameData, count: 2), limit: .measured),
        AttackRow("three keys, same data", row(.sameData, count: 3), limit: .measured),
        AttackRow("two keys, half the data each", row(.halfData, count: 2), limit: .measured),
        AttackRow("two keys, own update plus and minus 3 times", row(.pairOwn, count: 2, noise: 0), limit: .measured),
        AttackRow("two keys, own update plus and minus old steps", row(.pairOwnHistory, count: 2), limit: .measured),
        AttackRow("follows the validation set, if seen", row(.validationHolder), limit: .measured),
        AttackRow(
            "trains on the validation set, if seen", row(.validationHolder) { $0.variant = .training },
            limit: .measured),
        AttackRow("data rebuilt from public models", row(.reconstruct), limit: .measured),
        AttackRow("five keys, data rebuilt from public models", row(.reconstruct, count: 5), limit: .measured),
        AttackRow(
            "data distilled from the public model", row(.reconstruct) { $0.variant = .distilled }, limit: .measured),
        AttackRow("public pictures of the same things", row(.publicData, noise: 0.1), limit: .measured),
        AttackRow("five keys, public pictures", row(.publicData, count: 5, noise: 0.1), limit: .measured),
    ]

    private static func row(
        _ kind: Population.Kind, count: Int = 1, noise: Double = 0.3, speed: Double = 1,
        _ change: (inout Population.Settings) -> Void = { _ in }
    ) -> Population {
        var population = Population(kind: kind, count: count, speed: speed, noise: noise)
        change(&population.settings)
        return population
    }
}
