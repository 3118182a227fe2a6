internal import Tensors

/// Draws every fault and every delay of one seed's world.
///
/// One thread drives the world, hence `@unchecked Sendable`.
final class FaultSource: @unchecked Sendable {
    let rates: FaultRates
    private var generator: SeededGenerator
    /// No more faults: what is left must finish.
    var isCalm = false
    /// The coordinator's disk has no room.
    var isDiskFull = false
    var tally = FaultTally()

    init(seed: UInt64, rates: FaultRates) {
        self.rates = rates
        generator = SeededGenerator(seed: seed, stream: "faults")
    }

    /// Whether a fault of that rate strikes now.
    func strikes(_ rate: Double) -> Bool {
        guard !isCalm, rate > 0 else { return false }
        return generator.nextUnit() < rate
    }

    /// A number in a range.
    func draw(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + generator.next(upperBound: range.upperBound - range.lowerBound + 1)
    }

    /// A number in `0..<bound`.
    func index(below bound: Int) -> Int { generator.nextIndex(below: bound) }

    /// True with that chance, whatever the weather.
    func happens(_ chance: Double) -> Bool { generator.nextUnit() < chance }

    /// Sixteen bytes.
    func nonce() -> [UInt8] {
        (0..<2).flatMap { _ in withUnsafeBytes(of: generator.next().littleEndian) { [UInt8]($0) } }
    }

    /// One life of a coordinator's process may end here.
    ///
    /// - Returns: whether it has ended, now or before.
    func crashPoint(_ life: ProcessLife) -> Bool {
        if !life.hasEnded, strikes(rates.coordinatorCrash) {
            life.hasEnded = true
            life.hadFault = true
        }
        return life.hasEnded
    }
}

/// One life of the coordinator's process. After its end nothing that it still does can be seen: that is the crash.
///
/// One thread drives the world, hence `@unchecked Sendable`.
final class ProcessLife: @unchecked Sendable {
    let number: Int
    var hasEnded = false
    /// A fault of its ledger's disk, or its end, was injected: then a failing ledger is no surprise.
    var hadFault = false

    init(number: Int) { self.number = number }
}
