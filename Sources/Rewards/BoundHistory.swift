/// The norms that the next round's bound follows from: those of the last rounds, and the bound's base so far.
package struct BoundHistory: Hashable, Sendable {
    /// The accepted updates' norms of the last rounds, oldest first, at most `NormBound.historyRounds`.
    package private(set) var recent: [[UpdateNorm]]
    /// The base of the bound of the round opened last; nil before the first.
    package private(set) var base: UInt128?

    package init(recent: [[UpdateNorm]] = [], base: UInt128? = nil) {
        self.recent = recent
        self.base = base
    }

    /// Adds the accepted updates of a round that is over, whatever its outcome.
    package mutating func note(_ norms: [UpdateNorm]) {
        recent.append(norms)
        recent.removeFirst(max(0, recent.count - NormBound.historyRounds))
    }

    /// The bound of the round that is opened now.
    package mutating func open(taskBoundSquared: UInt128) -> NormBound {
        let bound = NormBound.next(recent: recent.joined(), taskBoundSquared: taskBoundSquared, previousBase: base)
        base = bound.base
        return bound
    }
}
