package import Tensors

/// The path gradient G less its projections on the directions of the last scored rounds.
///
/// G is taken as `PathGradient` takes it, in Float64; the basis is removed from it in order, twice over; the rest is
/// kept in 17 bits. An update's dot product with it is what the update did that earlier rounds had not done.
package struct SurpriseGradient: ~Copyable, Sendable {
    let direction: IntegerDirection

    /// The surprise gradient from three validation gradients. Complexity: O(values · directions); 8 bytes a value while
    /// it runs, 4 are kept.
    ///
    /// - Parameters:
    ///   - start: gradient at the round's base model.
    ///   - middle: gradient half way.
    ///   - end: gradient at the end of the step.
    ///   - basis: the directions of the last scored rounds.
    ///   - threads: most threads to use; the result is the same bits.
    /// - Throws: `ValuationError` with code `wrongCount`, `notFinite` or `overflow`.
    package init(
        start: borrowing ParameterBuffer,
        middle: borrowing ParameterBuffer,
        end: borrowing ParameterBuffer,
        basis: SurpriseBasis,
        threads: Int = 1
    ) throws(ValuationError) {
        let count = start.count
        guard middle.count == count, end.count == count, basis.count == count else {
            throw ValuationError(
                .wrongCount,
                "gradients of \(count), \(middle.count) and \(end.count) values and a basis of \(basis.count)"
            )
        }
        nonisolated(unsafe) let first = start.withUnsafeValues { $0 }
        nonisolated(unsafe) let second = middle.withUnsafeValues { $0 }
        nonisolated(unsafe) let third = end.withUnsafeValues { $0 }
        var remainder = try Remainder(count: count, threads: threads) { index in
            PathGradient.value(first[index], second[index], third[index])
        }
        try remainder.removeTwice(basis.directions)
        direction = Self.direction(of: remainder.rounded())
    }

    private static func direction(of rounded: consuming RoundedVector) -> IntegerDirection {
        rounded.direction
    }

    /// Number of values.
    package var count: Int { direction.integers.count }
}
