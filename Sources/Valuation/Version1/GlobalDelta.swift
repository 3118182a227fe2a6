package import Tensors

/// The last change of the global model, which everybody knows: what a free rider can replay without training.
package struct GlobalDelta: ~Copyable, Sendable {
    let direction: IntegerDirection

    /// The change from one public model to the next, each value subtracted in Float64, then kept in 17 bits.
    /// Complexity: O(values); 4 bytes a value are kept.
    ///
    /// - Parameters:
    ///   - before: base model of the round before.
    ///   - after: model after the round before, which is this round's base model.
    ///   - threads: most threads to use.
    /// - Throws: `ValuationError` with code `wrongCount` or `notFinite`.
    package init(
        from before: borrowing ParameterBuffer,
        to after: borrowing ParameterBuffer,
        threads: Int = 1
    ) throws(ValuationError) {
        let count = before.count
        guard after.count == count else {
            throw ValuationError(.wrongCount, "models of \(count) and \(after.count) values")
        }
        nonisolated(unsafe) let old = before.withUnsafeValues { $0 }
        nonisolated(unsafe) let new = after.withUnsafeValues { $0 }
        direction = try IntegerDirection(count: count, threads: threads) { index in
            Double(new[index]) - Double(old[index])
        }
    }

    /// Number of values.
    package var count: Int { direction.integers.count }
}
