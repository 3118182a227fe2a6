package import Tensors

extension PathScorer {
    /// The exact dot products of one update. Complexity: O(`count`), one pass.
    ///
    /// The products are exact for updates on the grid only, so the update must have passed the aggregation's check.
    /// What is far off, or not finite, is noticed here as well, but a value off the grid by little may not be.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    package borrowing func project(
        _ update: borrowing ParameterBuffer,
        threads: Int = 1,
        method: DotMethod = .fused
    ) throws(ValuationError) -> Projection {
        let pointers = try [checkedPointer(update)]
        return try project(pointers, threads: threads, method: method)[0]
    }

    /// The exact dot products of several updates; faster than one after the other, since a block of gradient and delta
    /// stays in cache for all of them.
    ///
    /// - Throws: `ValuationError` with code `wrongCount` or `offGrid`.
    package borrowing func project(
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
            and: delta,
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
