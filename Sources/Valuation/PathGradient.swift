package import Tensors

/// The path integral of the validation gradient along a round's step D, by Simpson's rule:
/// G = ∫₀¹ ∇L(w + s·D) ds ≈ (g(0) + 4·g(½) + g(1)) / 6.
///
/// Simpson's rule is exact where the loss is a polynomial of degree 4 or less along the path. Each value is computed in
/// Float64 in this order: 4·g(½), g(0) + that, + g(1), / 6; then kept in 17 bits (see `Protocols/scores.md`).
package struct PathGradient: ~Copyable, Sendable {
    let direction: IntegerDirection

    /// The path gradient from three validation gradients. Complexity: O(values), two passes; 4 bytes a value are kept.
    ///
    /// - Parameters:
    ///   - start: gradient at the round's base model.
    ///   - middle: gradient half way.
    ///   - end: gradient at the end of the step.
    ///   - threads: most threads to use.
    /// - Throws: `ValuationError` with code `wrongCount` or `notFinite`.
    package init(
        start: borrowing ParameterBuffer,
        middle: borrowing ParameterBuffer,
        end: borrowing ParameterBuffer,
        threads: Int = 1
    ) throws(ValuationError) {
        let count = start.count
        guard middle.count == count, end.count == count else {
            throw ValuationError(.wrongCount, "gradients of \(count), \(middle.count) and \(end.count) values")
        }
        nonisolated(unsafe) let first = start.withUnsafeValues { $0 }
        nonisolated(unsafe) let second = middle.withUnsafeValues { $0 }
        nonisolated(unsafe) let third = end.withUnsafeValues { $0 }
        direction = try IntegerDirection(count: count, threads: threads) { index in
            Self.value(first[index], second[index], third[index])
        }
    }

    /// One value of G, by Simpson's rule.
    @inline(__always)
    static func value(_ start: Float, _ middle: Float, _ end: Float) -> Double {
        let inner = 4 * Double(middle)
        let sum = (Double(start) + inner) + Double(end)
        return sum / 6
    }

    /// Number of values.
    package var count: Int { direction.integers.count }
}
