/// Round numbers that divide an axis.
struct AxisTicks: Equatable {
    /// The ticks, ascending; the first is at or below the data, the last at or above it.
    let values: [Double]
    /// Decimals that tell neighbours apart.
    let places: Int

    /// About `count` ticks over a range, at steps of 1, 2, 2.5 or 5 times a power of ten. A range that is empty or
    /// not finite gives 0 to 1.
    init(_ range: ClosedRange<Double>, count: Int = 5) {
        var (low, high) = (range.lowerBound, range.upperBound)
        if !low.isFinite || !high.isFinite || low.magnitude > 1e12 || high.magnitude > 1e12 { (low, high) = (0, 1) }
        if high - low < 1e-9 * Swift.max(1, high.magnitude) {
            let pad = Swift.max(high.magnitude * 0.1, 0.01)
            (low, high) = (low - pad, high + pad)
        }
        var power = 0
        var magnitude = 1.0
        let raw = (high - low) / Double(Swift.max(count, 1))
        while magnitude * 10 <= raw { (magnitude, power) = (magnitude * 10, power + 1) }
        while magnitude > raw { (magnitude, power) = (magnitude / 10, power - 1) }
        let factor = [1, 2, 2.5, 5, 10].first { magnitude * $0 >= raw * 0.999 } ?? 10
        let step = magnitude * factor
        let first = (low / step + 1e-9).rounded(.down)
        let last = (high / step - 1e-9).rounded(.up)
        values = (0...Swift.max(1, Int(last - first))).map { (first + Double($0)) * step }
        places = Swift.max(0, -power + (factor == 2.5 ? 1 : 0) - (factor == 10 ? 1 : 0))
    }
}
