internal import Tensors

/// The two directions that updates are projected on in one pass: the path gradient and a second one.
struct DirectionPair: ~Copyable, Sendable {
    /// The path gradient.
    let gradient: IntegerDirection
    /// The surprise gradient, or in version 1 the last global delta; of no values for none.
    let second: IntegerDirection
    /// The grid of the updates.
    let grid: Grid

    init(gradient: consuming IntegerDirection, second: consuming IntegerDirection, grid: Grid) {
        self.gradient = gradient
        self.second = second
        self.grid = grid
    }

    /// Number of values.
    var count: Int { gradient.integers.count }

    /// ⟨d, G⟩ as the nearest Float64.
    borrowing func value(ofGradient projection: Projection) -> Double {
        IntegerDirection.scaled(projection.gradient, by: -(grid.fractionBits + gradient.exponent))
    }

    /// ⟨d, second⟩ as the nearest Float64.
    borrowing func value(ofSecond projection: Projection) -> Double {
        IntegerDirection.scaled(projection.second, by: -(grid.fractionBits + second.exponent))
    }

    /// The exact dot products of one update. Complexity: O(`count`), one pass.
    ///
    /// The products are exact for updates on the grid only, so the update must have passed the aggregation's check.
    /// What is far off, or not finite, is noticed here as well, but a value off the grid by little may not be.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    borrowing func project(
        _ update: borrowing ParameterBuffer,
        threads: Int = 1,
        method: DotMethod = .fused
    ) throws(ValuationError) -> Projection {
        let pointers = try [checkedPointer(update)]
        return try project(pointers, threads: threads, method: method)[0]
    }

    /// The exact dot products of several updates; faster than one after the other, since a block of the directions
    /// stays in cache for all of them.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    borrowing func project(
        _ updates: [SharedParameterSet],
        threads: Int = 1,
        method: DotMethod = .fused
    ) throws(ValuationError) -> [Projection] {
        var pointers: [UnsafePointer<Float>?] = []
        pointers.reserveCapacity(updates.count)
        for update in updates { pointers.append(try checkedPointer(update.parameters.values)) }
        defer { withExtendedLifetime(updates) {} }
        return try project(pointers, threads: threads, method: method)
    }

    private borrowing func checkedPointer(
        _ update: borrowing ParameterBuffer
    ) throws(ValuationError) -> UnsafePointer<Float>? {
        guard update.count == count else {
            throw ValuationError(.wrongCount, "an update of \(update.count) values to a gradient of \(count)")
        }
        return update.withUnsafeValues { $0.baseAddress }
    }

    private borrowing func project(
        _ pointers: [UnsafePointer<Float>?],
        threads: Int,
        method: DotMethod
    ) throws(ValuationError) -> [Projection] {
        let scale = Double(sign: .plus, exponent: grid.fractionBits, significand: 1)
        let outcome = DotProducts.integers(
            of: pointers,
            scale: scale,
            with: gradient,
            and: second,
            threads: threads,
            method: method
        )
        if let bad = outcome.firstInexact {
            throw ValuationError(
                .offGrid,
                "update \(bad) has values off the grid of \(grid.fractionBits) fraction bits; check it first"
            )
        }
        return outcome.projections
    }
}
