internal import Synchronization
package import Tensors

/// The step without the sums in memory: what a thread works on at a time fits its second-level cache.
extension ServerOptimizer {
    /// Values that a thread sums at a time: 64 KiB of an update and 128 KiB of sums.
    private static let pieceLength = 16_384

    /// Moves the model by one step, tile by tile: reads a piece of every update, sums, steps, and goes on. Gives the
    /// same bits as `step(model:updates:threads:)` for the same updates, which are neither kept nor read twice.
    ///
    /// Memory: 192 KiB a thread. Complexity: O(values · updates), one pass.
    ///
    /// - Parameters:
    ///   - model: the round's base model, which becomes the next.
    ///   - updates: the round's updates.
    ///   - tiles: runs of the model's values, one after the other, that cover it.
    ///   - threads: most threads to use.
    ///   - finished: called once for each tile with its new values, by the thread that made them.
    /// - Throws: `AggregationError` with code `notFinite`, `offGrid` or `divergent`, or what reading throws; of several
    ///   faults the one in the first tile. The model and the velocity are then neither the old nor the new ones, and
    ///   must be taken up again from where they are stored.
    package mutating func step(
        model: inout ParameterSet,
        updates: StreamedUpdates,
        tiles: [Range<Int>],
        threads: Int,
        finished: @Sendable (_ tile: Int, _ values: UnsafeBufferPointer<Float>) -> Void
    ) throws(AggregationError) {
        let layout = model.layout
        precondition(
            tiles.reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 } == layout.count, "the tiles cover the model")
        if momentum > 0, velocity.count == 0 { velocity = Float64Buffer(zeros: layout.count) }
        let rule = StepRule(
            divisor: Double(updates.denominator), momentum: momentum, learningRate: learningRate, fraction: 1)
        let workers = (0..<min(threads, tiles.count)).map { _ in PieceMemory(count: Self.pieceLength) }
        let firstFault = Mutex<(tile: Int, error: AggregationError)?>(nil)
        velocity.withUnsafeMutableValues { velocity in
            nonisolated(unsafe) let velocity = velocity
            model.values.withUnsafeMutableValues { values in
                nonisolated(unsafe) let values = values
                WorkSplit.forEachItem(of: tiles.count, threads: workers.count) { tile, worker in
                    // Tiles are handed out in order, so the first fault is found however many threads there are.
                    guard firstFault.withLock({ $0.map { $0.tile > tile } ?? true }) else { return }
                    let target = UnsafeMutableBufferPointer(rebasing: values[tiles[tile]])
                    do throws(AggregationError) {
                        try workers[worker].move(
                            target, from: tiles[tile].lowerBound, layout: layout, updates: updates, rule: rule,
                            velocity: velocity.isEmpty ? nil : .init(rebasing: velocity[tiles[tile]]))
                        finished(tile, UnsafeBufferPointer(target))
                    } catch {
                        firstFault.withLock { $0 = $0.map { $0.tile < tile ? $0 : (tile, error) } ?? (tile, error) }
                    }
                }
            }
        }
        if let fault = firstFault.withLock({ $0 }) { throw fault.error }
    }
}

/// One thread's memory: a piece of one update, and the sums over all of them. Used by one thread at a time.
private final class PieceMemory: @unchecked Sendable {
    private var values: ParameterBuffer
    private var sums: Float64Buffer

    init(count: Int) {
        values = ParameterBuffer(zeros: count)
        sums = Float64Buffer(zeros: count)
    }

    /// Moves one tile's weights, whose first is the model's value `first`.
    func move(
        _ weights: UnsafeMutableBufferPointer<Float>,
        from first: Int,
        layout: ParameterLayout,
        updates: StreamedUpdates,
        rule: StepRule,
        velocity: UnsafeMutableBufferPointer<Double>?
    ) throws(AggregationError) {
        for start in stride(from: 0, to: weights.count, by: values.count) {
            let part = start..<min(start + values.count, weights.count)
            let place = first + start
            try sums.withUnsafeMutableValues { sums throws(AggregationError) in
                let sums = UnsafeMutableBufferPointer(rebasing: sums[..<part.count])
                try sum(updates, place..<place + part.count, layout, into: sums)
                let bad = rule.move(
                    UnsafeMutableBufferPointer(rebasing: weights[part]), by: UnsafeBufferPointer(sums),
                    velocity: velocity.map { UnsafeMutableBufferPointer(rebasing: $0[part]) })
                if let bad { throw AggregationError.divergent(at: place + bad, in: layout) }
            }
        }
    }

    /// Overwrites the sums with those of the updates' values in a range.
    private func sum(
        _ updates: StreamedUpdates,
        _ range: Range<Int>,
        _ layout: ParameterLayout,
        into sums: UnsafeMutableBufferPointer<Double>
    ) throws(AggregationError) {
        sums.update(repeating: 0)
        guard let target = sums.baseAddress else { return }
        try values.withUnsafeMutableValues { values throws(AggregationError) in
            let values = UnsafeMutableBufferPointer(rebasing: values[..<range.count])
            // An update of weight 0 adds nothing, so it is not read.
            for (index, weight) in updates.weights.enumerated() where weight > 0 {
                try updates.read(index, range, values)
                let bad = GridKernel.firstBadValue(
                    in: UnsafeBufferPointer(values), range: 0..<range.count, grid: updates.grid)
                if let bad {
                    throw UpdateCheck.fault(
                        of: values[bad], at: range.lowerBound + bad, layout: layout, grid: updates.grid)
                }
                FoldMethod.foldFused(
                    [UnsafePointer(values.baseAddress)], [Double(weight)], range: 0..<range.count, into: target)
            }
        }
    }
}
