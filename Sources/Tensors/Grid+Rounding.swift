extension Grid {
    /// The nearest value of the grid, ties to even: at most `largest` in magnitude, never negative zero.
    ///
    /// `value` must be finite.
    package func rounded(_ value: Float) -> Float {
        let steps = steps(of: value)
        guard steps != 0 else { return 0 }
        return min(max(steps, -Self.largestStepCount), Self.largestStepCount) / scale
    }

    /// Rounds every value to the grid, as `rounded` does. Complexity: O(n).
    ///
    /// - Returns: the number of values beyond the grid's range, set to its end.
    /// - Throws: `TensorError` with code `notFinite` for NaN or an infinity; the values before it are rounded then.
    package func round(_ values: inout ParameterBuffer) throws(TensorError) -> Int {
        var saturatedCount = 0
        var span = values.mutableSpan
        for index in 0..<span.count {
            guard span[index].isFinite else {
                throw TensorError(.notFinite, "value \(index) is \(span[index])")
            }
            if steps(of: span[index]).magnitude > Self.largestStepCount { saturatedCount += 1 }
            span[index] = rounded(span[index])
        }
        return saturatedCount
    }

    private static let largestStepCount: Float = 0xFF_FFFF

    private var scale: Float { Float(sign: .plus, exponent: fractionBits, significand: 1) }

    /// Whole steps nearest to a value. Scaling by a power of two is exact; what overflows is beyond the range anyway.
    private func steps(of value: Float) -> Float {
        (value * scale).rounded(.toNearestOrEven)
    }
}
