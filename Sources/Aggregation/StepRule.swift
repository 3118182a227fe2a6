/// The server step's arithmetic for one value: the fixed sequence of operations, and nothing else.
struct StepRule: Sendable {
    /// The denominator of the mean.
    let divisor: Double
    /// β.
    let momentum: Double
    /// η.
    let learningRate: Double
    /// How far along the step to go: 1 for all of it.
    let fraction: Double

    /// The new weight and velocity of one value.
    @inline(__always)
    private func result(weight: Float, sum: Double, velocity: Double) -> (weight: Float, velocity: Double) {
        let mean = sum / divisor
        let carried = momentum * velocity
        let next = carried + mean
        let step = learningRate * next
        return (Float(Double(weight) + fraction * step), next)
    }

    /// Index of the range's first value whose result would not be finite, or nil.
    func firstDivergent(
        in range: Range<Int>,
        weights: UnsafeMutableBufferPointer<Float>,
        sums: UnsafeBufferPointer<Double>,
        velocity: UnsafeMutableBufferPointer<Double>?
    ) -> Int? {
        func isDivergent(_ index: Int) -> Bool {
            let result = result(weight: weights[index], sum: sums[index], velocity: velocity?[index] ?? 0)
            return !(result.weight.isFinite && result.velocity.isFinite)
        }
        // No branch in the loop over all values; the place is looked for only if there is one.
        var found = false
        for index in range { found = isDivergent(index) || found }
        return found ? range.first(where: isDivergent) : nil
    }

    /// Writes the range's results.
    func apply(
        in range: Range<Int>,
        weights: UnsafeMutableBufferPointer<Float>,
        sums: UnsafeBufferPointer<Double>,
        velocity: UnsafeMutableBufferPointer<Double>?
    ) {
        guard let velocity else {
            for index in range { weights[index] = result(weight: weights[index], sum: sums[index], velocity: 0).weight }
            return
        }
        for index in range {
            let result = result(weight: weights[index], sum: sums[index], velocity: velocity[index])
            weights[index] = result.weight
            velocity[index] = result.velocity
        }
    }

    /// Writes the results of a run of values; all three runs are of the same place in the model.
    ///
    /// - Returns: the index of the first result that is not finite, or nil. All are written, that one too.
    func move(
        _ weights: UnsafeMutableBufferPointer<Float>,
        by sums: UnsafeBufferPointer<Double>,
        velocity: UnsafeMutableBufferPointer<Double>?
    ) -> Int? {
        apply(in: 0..<sums.count, weights: weights, sums: sums, velocity: velocity)
        // No branch in the loop over all values; the place is looked for only if there is one.
        var isSound = true
        for weight in weights { isSound = weight.isFinite && isSound }
        if let velocity { for value in velocity { isSound = value.isFinite && isSound } }
        if isSound { return nil }
        return weights.indices.first { !(weights[$0].isFinite && velocity?[$0].isFinite ?? true) }
    }
}
