package import Tensors

/// What the public ledger and models tell every participant of a round, and what was worked out from it once for all.
package struct PublicState: Sendable {
    /// Models before the newest that are carried along.
    package static let historyCount = 8
    /// First models of the task that are carried along.
    package static let openingCount = 4

    package let round: UInt32
    package let model: SharedParameterSet
    /// The models before `model`, newest first: at most `historyCount`, without those that changed nothing.
    package let earlierModels: [SharedParameterSet]
    /// The task's first models, oldest first: at most `openingCount`. Later rounds carry the same ones.
    package let openingModels: [SharedParameterSet]
    /// Norm bounds of this round and the ones before, newest first, as lengths; empty where the task names none.
    package let bounds: [Double]
    /// Results that every member of a population would come to in this round.
    let work: SharedWork
    /// Results from the opening models, which stay right in later rounds.
    let openingWork: SharedWork

    /// A state with any history.
    ///
    /// - Parameters:
    ///   - earlierModels: newest first; those beyond `historyCount` are dropped.
    ///   - openingModels: oldest first; taken from the history if left out.
    ///   - bounds: newest first.
    package init(
        round: UInt32, model: SharedParameterSet, earlierModels: [SharedParameterSet],
        openingModels: [SharedParameterSet]? = nil, bounds: [Double] = []
    ) {
        self.init(
            round: round, model: model, earlierModels: earlierModels, openingModels: openingModels, bounds: bounds,
            openingWork: SharedWork())
    }

    /// A state of which one earlier model is known at most.
    package init(round: UInt32, model: SharedParameterSet, previousModel: SharedParameterSet?) {
        self.init(round: round, model: model, earlierModels: previousModel.map { [$0] } ?? [])
    }

    private init(
        round: UInt32, model: SharedParameterSet, earlierModels: [SharedParameterSet],
        openingModels: [SharedParameterSet]?, bounds: [Double], openingWork: SharedWork
    ) {
        self.round = round
        self.model = model
        self.earlierModels = Array(earlierModels.prefix(Self.historyCount))
        let opening = openingModels ?? (earlierModels.reversed() + [model])
        self.openingModels = Array(opening.prefix(Self.openingCount))
        self.bounds = Array(bounds.prefix(Self.historyCount + 1))
        work = SharedWork()
        self.openingWork = openingWork
    }

    /// The model before the last change to it; nil before the first.
    package var previousModel: SharedParameterSet? { earlierModels.first }

    /// The state of the next round.
    ///
    /// - Parameter model: the round's model; the history grows unless it is the one that this state has.
    package func next(round: UInt32, model: SharedParameterSet, bound: Double? = nil) -> PublicState {
        let isNew = model !== self.model
        let opening = isNew && openingModels.count < Self.openingCount ? openingModels + [model] : openingModels
        return PublicState(
            round: round, model: model, earlierModels: isNew ? [self.model] + earlierModels : earlierModels,
            openingModels: opening, bounds: (bound.map { [$0] } ?? []) + bounds, openingWork: openingWork)
    }

    /// What was public some rounds ago, as far as the history reaches; nil beyond it.
    func ago(_ rounds: Int) -> PublicState? {
        guard rounds > 0 else { return self }
        guard rounds <= earlierModels.count, Int(round) > rounds else { return nil }
        return PublicState(
            round: round - UInt32(rounds), model: earlierModels[rounds - 1],
            earlierModels: Array(earlierModels.dropFirst(rounds)), openingModels: openingModels,
            bounds: Array(bounds.dropFirst(rounds)), openingWork: openingWork)
    }
}

extension UpdateMaker {
    /// What a participant knows when it makes an update.
    package typealias PublicState = Simulation.PublicState
}
