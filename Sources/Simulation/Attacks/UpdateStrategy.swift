/// What a kind of participant sends. A new kind is a case of `Population.Kind`, a strategy, and a line in
/// `Population.strategy`.
///
/// A strategy draws everything at random from the generators of `AttackTools`, which are seeded by the task's seed, the
/// member's number and the round.
package protocol UpdateStrategy: Sendable {
    /// The update of one member in a round, on the grid.
    func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made
}

/// A strategy of those who do not train: it names a direction, and the rest is common to all.
///
/// The direction is brought to the bound if the population says so, rounded to the grid, and told apart from those of
/// other members by single steps of the grid: an update whose bytes came in already is refused.
package protocol DirectionStrategy: UpdateStrategy {
    /// What a member sends, before rounding.
    func direction(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> Direction
}

extension DirectionStrategy {
    package func update(
        for member: SimulatedParticipant, in state: PublicState, with tools: AttackTools
    ) throws -> UpdateMaker.Made {
        let direction = tools.bounded(try direction(for: member, in: state, with: tools), of: member, in: state)
        return tools.made(tools.toldApart(direction, member.place), by: member)
    }
}

extension Population {
    /// What the members do.
    package var strategy: any UpdateStrategy {
        switch kind {
        case .honest, .dropOut, .claims, .late, .leaves, .sameData, .halfData: HonestWork()
        case .labelFlip: LabelFlip()
        case .scaled: Multiple(factor: settings.factor)
        case .poison: Multiple(factor: -settings.factor)
        case .fewExamples: FewExamples(count: settings.examples)
        case .alternating: Phases(isHonest: { $0 % 2 == 1 }, otherwise: Zeros())
        case .sleeper: Phases(honestThrough: settings.rounds, otherwise: ReplayedDelta(noise: 0))
        case .earlyOnly: Phases(honestThrough: settings.rounds, otherwise: Zeros())
        case .zero: Zeros()
        case .noise: Noise()
        case .tinyNorms: TinyNorms(steps: settings.scale)
        case .sharpen: Sharpening(scale: settings.scale)
        case .replay: ReplayedDelta(noise: 0)
        case .replayNoise: ReplayedDelta(noise: noise)
        case .history: History(lag: settings.lag, scale: settings.scale)
        case .historyMix: HistoryMix(kick: settings.kick, scale: settings.scale)
        case .junkUndo: JunkAndUndo(scale: settings.scale)
        case .pairHistory: SumZero(size: 2, part: .history(lag: settings.lag), scale: settings.scale)
        case .pairNoise: SumZero(size: 2, part: .noise, scale: settings.scale)
        case .tripleNoise: SumZero(size: 3, part: .noise, scale: settings.scale)
        case .pairOwn: PairAroundOwn(part: .own(scale: settings.scale, noise: noise))
        case .pairOwnHistory: PairAroundOwn(part: .history(lag: settings.lag, scale: settings.scale))
        case .copy: Copy(variant: settings.variant ?? .exact, noise: noise)
        case .staleCopy: StaleCopy(lag: settings.lag)
        case .validationHolder:
            settings.variant == .training ? ValidationTraining() : ValidationGradient(scale: settings.scale)
        case .reconstruct:
            settings.variant == .distilled
                ? DistilledInputs(count: settings.examples)
                : MatchedInputs(count: settings.examples, steps: settings.rounds)
        case .publicData: PublicPictures(count: settings.examples, noise: noise)
        }
    }
}
