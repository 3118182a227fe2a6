internal import Synchronization
package import Tensors

/// Judges an update before it may touch a sum: its shape, and every value.
package enum UpdateCheck {
    /// What the check of a run of values found.
    package enum Finding: Hashable, Sendable {
        /// All values are on the grid; their squares sum to that many squares of the grid's step.
        case sound(squaredNorm: UInt128)
        /// The index of the first value that is not finite or not on the grid.
        case bad(Int)
    }

    /// Refuses an update whose layout is not the model's, or that has a value that is not finite or not on the grid.
    ///
    /// The first bad value, by place, is the one named, whatever the number of threads. Complexity: O(`layout.count`),
    /// one pass.
    ///
    /// - Returns: Σ k² over the update's values k as integers of the grid, exact.
    /// - Throws: `AggregationError` with code `wrongCount`, `notFinite` or `offGrid`.
    @discardableResult
    package static func squaredNorm(
        checking update: borrowing ParameterSet,
        layout: ParameterLayout,
        grid: Grid,
        threads: Int = 1
    ) throws(AggregationError) -> UInt128 {
        try checkLayout(update.layout, against: layout)
        switch measure(update.values, grid: grid, threads: threads) {
        case .sound(let squaredNorm): return squaredNorm
        case .bad(let index): throw fault(of: update.values.span[index], at: index, layout: layout, grid: grid)
        }
    }

    /// Checks a run of values and sums their squares in the same pass. Complexity: O(values).
    ///
    /// A run's squared norms add up to the whole update's, so a file may be checked piece by piece.
    package static func measure(_ values: UnsafeBufferPointer<Float>, grid: Grid) -> Finding {
        measure(values, in: 0..<values.count, grid: grid)
    }

    /// What is wrong with a value that is not on the grid: `notFinite` or `offGrid`, with its place by name.
    package static func fault(
        of value: Float, at index: Int, layout: ParameterLayout, grid: Grid
    ) -> AggregationError {
        let place = describe(index, in: layout)
        guard value.isFinite else {
            return AggregationError(.notFinite, "value \(value) at \(place); train again with a smaller learning rate")
        }
        let fault =
            value == 0
            ? "negative zero"
            : value.magnitude >= grid.bound ? "of magnitude \(grid.bound) or more" : "no multiple of \(grid.step)"
        return AggregationError(
            .offGrid,
            "value \(value) at \(place) is \(fault); round the update to the task's grid before signing it"
        )
    }

    private static func checkLayout(
        _ given: ParameterLayout,
        against expected: ParameterLayout
    ) throws(AggregationError) {
        guard given != expected else { return }
        guard given.tensors.count == expected.tensors.count else {
            throw AggregationError(
                .wrongCount,
                "\(given.tensors.count) tensors where the model has \(expected.tensors.count)"
            )
        }
        for (tensor, wanted) in zip(given.tensors, expected.tensors) where tensor != wanted {
            throw AggregationError(
                .wrongCount,
                """
                tensor "\(tensor.name)" of shape \(tensor.shape) where the model has "\(wanted.name)" of shape \
                \(wanted.shape)
                """
            )
        }
    }

    private static func measure(_ values: borrowing ParameterBuffer, grid: Grid, threads: Int) -> Finding {
        let total = Mutex(Finding.sound(squaredNorm: 0))
        let count = values.count
        values.withUnsafeValues { pointer in
            nonisolated(unsafe) let pointer = pointer
            WorkSplit.forEachRange(of: count, grain: SquareSum.blockLength, threads: threads) { range in
                let part = measure(pointer, in: range, grid: grid)
                total.withLock { $0 = $0.joined(with: part) }
            }
        }
        return total.withLock { $0 }
    }

    /// Block by block, so that the second look at a block finds it in the first-level cache.
    private static func measure(
        _ values: UnsafeBufferPointer<Float>, in range: Range<Int>, grid: Grid
    ) -> Finding {
        var sum = SquareSum(grid: grid)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: SquareSum.blockLength) {
            let block = start..<min(start + SquareSum.blockLength, range.upperBound)
            if let bad = GridKernel.firstBadValue(in: values, range: block, grid: grid) { return .bad(bad) }
            sum.add(UnsafeBufferPointer(rebasing: values[block]))
        }
        return .sound(squaredNorm: sum.total)
    }

    /// A place for people: the tensor's name and the index in it.
    static func describe(_ index: Int, in layout: ParameterLayout) -> String {
        guard let tensor = layout.tensors.first(where: { $0.range.contains(index) }) else { return "index \(index)" }
        return "index \(index - tensor.offset) of tensor \"\(tensor.name)\""
    }
}

extension UpdateCheck.Finding {
    /// What was found in two parts of one update: the sum, or the first bad value.
    package func joined(with other: Self) -> Self {
        switch (self, other) {
        case (.sound(let left), .sound(let right)): .sound(squaredNorm: left + right)
        case (.bad(let left), .bad(let right)): .bad(min(left, right))
        case (.bad, .sound): self
        case (.sound, .bad): other
        }
    }
}
