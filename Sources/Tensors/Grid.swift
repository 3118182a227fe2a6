/// The fixed-point grid that model updates live on: integer multiples of 2^-s with magnitude below 2^(24-s).
///
/// Such a value is an integer of at most 24 bits, exact in float32; weighted sums of them are exact in Float64 while
/// the weights stay below 2^29 in total, so they do not depend on the order of the terms.
package struct Grid: Hashable, Sendable {
    /// The exponent s: the step is 2^-s.
    package let fractionBits: Int

    /// The exponents that a grid may have.
    package static let allowedFractionBits = 8...30

    /// s = 24: updates in (-1, 1), in steps of 2^-24.
    package static let standard = Grid(checked: 24)

    /// The grid of step 2^-`fractionBits`.
    ///
    /// - Throws: `TensorError` with code `offGrid` if `fractionBits` is not in `allowedFractionBits`.
    package init(fractionBits: Int) throws(TensorError) {
        guard Self.allowedFractionBits.contains(fractionBits) else {
            throw TensorError(
                .offGrid,
                """
                a grid of \(fractionBits) fraction bits; \(Self.allowedFractionBits.lowerBound) to \
                \(Self.allowedFractionBits.upperBound) are allowed
                """
            )
        }
        self.init(checked: fractionBits)
    }

    private init(checked fractionBits: Int) {
        self.fractionBits = fractionBits
    }

    /// The distance between neighbouring values: 2^-s.
    package var step: Float { Float(sign: .plus, exponent: -fractionBits, significand: 1) }

    /// Magnitudes are below it: 2^(24-s).
    package var bound: Float { Float(sign: .plus, exponent: 24 - fractionBits, significand: 1) }

    /// The largest value: (2^24 - 1) steps.
    package var largest: Float { bound - step }

    /// Whether a value is finite, a whole number of steps, of magnitude below `bound`, and not negative zero.
    package func contains(_ value: Float) -> Bool {
        guard value.isFinite, value.magnitude < bound else { return false }
        if value == 0 { return value.sign == .plus }
        let steps = value * Float(sign: .plus, exponent: fractionBits, significand: 1)
        return steps.rounded(.toNearestOrEven) == steps
    }
}
