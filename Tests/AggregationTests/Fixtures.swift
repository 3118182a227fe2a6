import Aggregation
import Tensors

/// Updates and models that the tests build sums from.
enum Fixtures {
    /// A layout of one vector.
    static func layout(_ count: Int) throws -> ParameterLayout {
        try ParameterLayout([("w", [count])])
    }

    /// A shared set of the values.
    static func shared(_ values: [Float]) throws -> SharedParameterSet {
        SharedParameterSet(ParameterSet(layout: try layout(values.count), values: ParameterBuffer(values)))
    }

    /// A checked update of the values on the standard grid.
    static func update(_ values: [Float], weight: Int64, grid: Grid = .standard) throws -> CheckedUpdate {
        try CheckedUpdate(
            checking: shared(values),
            weight: weight,
            layout: layout(values.count),
            grid: grid
        )
    }

    /// The grid value of an integer.
    static func value(_ integer: Int, grid: Grid = .standard) -> Float {
        Float(integer) * grid.step
    }

    /// Random updates over the grid's whole range with weights that sum below the limit.
    static func randomUpdates(seed: UInt64, updates: Int, count: Int) throws -> [CheckedUpdate] {
        var generator = SeededGenerator(seed: seed, stream: "updates")
        var made: [CheckedUpdate] = []
        for _ in 0..<updates {
            let values = (0..<count).map { _ in value(generator.nextIndex(below: (1 << 25) - 1) - ((1 << 24) - 1)) }
            let weight = 1 + generator.nextIndex(below: Int(AggregationLimits.totalWeight) / updates)
            made.append(try update(values, weight: Int64(weight)))
        }
        return made
    }

    /// The sum of all updates, folded in one call.
    static func sum(
        of updates: [CheckedUpdate],
        count: Int,
        threads: Int = 1,
        method: FoldMethod = .fused
    ) throws -> ExactAccumulator {
        var accumulator = ExactAccumulator(count: count, grid: .standard)
        try accumulator.fold(updates, threads: threads, method: method)
        return accumulator
    }

    /// One value of an update.
    static func value(of update: CheckedUpdate, at index: Int) -> Float {
        update.parameters.parameters.values.withUnsafeValues { $0[index] }
    }

    /// The values of a buffer.
    static func values(_ buffer: borrowing ParameterBuffer) -> [Float] {
        buffer.withUnsafeValues { Array($0) }
    }
}
