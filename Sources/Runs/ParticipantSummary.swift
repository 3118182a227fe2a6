/// What one participant did in a run, what it was worth and what it was paid.
package struct ParticipantSummary: Codable, Equatable, Sendable {
    /// The participant's number in the run, from 0.
    package var number: Int
    /// A short name for tables, such as `"honest-03"`.
    package var label: String
    /// The participant's key as `did:key:z6Mk…`.
    package var did: String
    /// The population it was drawn from: `"honest"`, `"zero-update"`, `"noise"`, `"replay"`, `"label-flip"`, …
    package var population: String
    /// Whether the scenario made it cheat. The coordinator does not know; the report's reader does.
    package var cheats: Bool
    /// Examples it holds.
    package var examples: Int
    /// Rounds it was invited to.
    package var invited: Int
    /// Contributions accepted.
    package var accepted: Int
    /// Messages refused.
    package var refused: Int
    /// Rounds it was invited to and never answered.
    package var droppedOut: Int
    /// Sum of its full scores, in units of 10^-12 nat.
    package var fullScore: Int64
    /// Sum of its novel components' scores, in units of 10^-12 nat: what is paid without proof of training.
    package var novelScore: Int64
    /// Units of 10^-6 token paid to it.
    package var paid: UInt64
    /// Its pay over the mean pay of the honest participants; nil where no honest participant was paid.
    package var shareOfHonestMean: Double?
    /// Its full score in each round (10^-12 nat); nil where it had none.
    package var perRoundFull: [Int64?]
    /// Its units in the average, 1 to 8; nil in a run of rules version 1.
    package var units: Int?
    /// The largest cosine of its summed residuals to another participant's, and to whose: keys with the same data reach
    /// .96, different ones at most about .3. A flag for people; no money moves by it.
    package var likeness: Double?
    package var likenessTo: String?

    /// The part of its full score that earlier rounds do not predict; nil where it scored nothing.
    package var novelty: Double? {
        fullScore > 0 ? Double(novelScore) / Double(fullScore) : nil
    }

    package init(
        number: Int,
        label: String,
        did: String,
        population: String,
        cheats: Bool,
        examples: Int = 0,
        invited: Int = 0,
        accepted: Int = 0,
        refused: Int = 0,
        droppedOut: Int = 0,
        fullScore: Int64 = 0,
        novelScore: Int64 = 0,
        paid: UInt64 = 0,
        shareOfHonestMean: Double? = nil,
        perRoundFull: [Int64?] = [],
        units: Int? = nil,
        likeness: Double? = nil,
        likenessTo: String? = nil
    ) {
        self.units = units
        self.likeness = likeness
        self.likenessTo = likenessTo
        self.number = number
        self.label = label
        self.did = did
        self.population = population
        self.cheats = cheats
        self.examples = examples
        self.invited = invited
        self.accepted = accepted
        self.refused = refused
        self.droppedOut = droppedOut
        self.fullScore = fullScore
        self.novelScore = novelScore
        self.paid = paid
        self.shareOfHonestMean = shareOfHonestMean
        self.perRoundFull = perRoundFull
    }

    private enum CodingKeys: String, CodingKey {
        case number, label, did, population, cheats, examples, invited, accepted, refused, paid, units, likeness
        case droppedOut = "dropped_out"
        case fullScore = "full_score"
        case novelScore = "novel_score"
        case shareOfHonestMean = "share_of_honest_mean"
        case perRoundFull = "per_round_full"
        case likenessTo = "likeness_to"
    }
}
