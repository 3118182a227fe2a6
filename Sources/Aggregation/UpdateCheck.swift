internal import Synchronization
package import Tensors

/// Judges an update before it may touch a sum: its shape, and every value.
package enum UpdateCheck {
    /// Refuses an update whose layout is not the model's, or that has a value that is not finite or not on the grid.
    ///
    /// The first bad value, by place, is the one named, whatever the number of threads. Complexity: O(`layout.count`).
    ///
    /// - Throws: `AggregationError` with code `wrongCount`, `notFinite` or `offGrid`.
    package static func check(
        _ update: borrowing ParameterSet,
        layout: ParameterLayout,
        grid: Grid,
        threads: Int = 1
    ) throws(AggregationError) {
        try checkLayout(update.layout, against: layout)
        let bad = firstBadValue(in: update.values, grid: grid, threads: threads)
        guard let bad else { return }
        throw fault(of: update.values.span[bad], at: bad, layout: layout, grid: grid)
    }

    /// Index of the first of a run of values that is not finite or not on the grid, or nil. Complexity: O(values).
    package static func firstBadValue(in values: UnsafeBufferPointer<Float>, grid: Grid) -> Int? {
        GridKernel.firstBadValue(in: values, range: 0..<values.count, grid: grid)
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

    /// Index of the first value that is not on the grid, or nil.
    private static func firstBadValue(in values: borrowing ParameterBuffer, grid: Grid, threads: Int) -> Int? {
        let count = values.count
        let first = Mutex(count)
        values.withUnsafeValues { pointer in
            nonisolated(unsafe) let pointer = pointer
            WorkSplit.forEachRange(of: count, grain: 4_096, threads: threads) { range in
                let found = GridKernel.firstBadValue(in: pointer, range: range, grid: grid)
                if let found { first.withLock { $0 = min($0, found) } }
            }
        }
        let index = first.withLock { $0 }
        return index < count ? index : nil
    }

    /// A place for people: the tensor's name and the index in it.
    static func describe(_ index: Int, in layout: ParameterLayout) -> String {
        guard let tensor = layout.tensors.first(where: { $0.range.contains(index) }) else { return "index \(index)" }
        return "index \(index - tensor.offset) of tensor \"\(tensor.name)\""
    }
}
