import Aggregation
import Foundation
import Tensors

/// FedAvg of updates in memory, beside what the machine can read at all.
struct AggregationBenchmark {
    let updateCount: Int
    let parameterCount: Int
    let threads: Int
    let runs: Int

    func run() throws -> [Figure] {
        let layout = try ParameterLayout([("values", [parameterCount])])
        var updates: [CheckedUpdate] = []
        for number in 0..<updateCount {
            updates.append(
                try CheckedUpdate(
                    checking: SharedParameterSet(randomUpdate(number, layout)),
                    weight: Int64(100 + number * 7_919 % 900), layout: layout, grid: .standard))
        }
        let gigabytes = Double(updateCount * parameterCount * MemoryLayout<Float>.stride) / 1e9
        // The model is in memory, and the probe's own tables too, before memory is looked at.
        var model = ParameterSet(layout: layout, values: updates[0].parameters.parameters.values.copy())
        var optimizer = try ServerOptimizer()
        ReadLimit.stream(updates.map(\.parameters), threads: threads)
        let memoryBefore = Self.peakMegabytes()
        // Interleaved, so that both see the machine at the same speed.
        var foldTimes: [Double] = []
        var readTimes: [Double] = []
        for _ in 0...runs {
            foldTimes.append(
                try Self.seconds {
                    var sum = ExactAccumulator(count: parameterCount, grid: .standard)
                    try sum.fold(updates, threads: threads)
                    try optimizer.step(model: &model, updates: sum, denominator: sum.totalWeight, threads: threads)
                })
            readTimes.append(Self.seconds { ReadLimit.stream(updates.map(\.parameters), threads: threads) })
        }
        let fold = foldTimes.dropFirst().sorted()[runs / 2]
        let read = readTimes.dropFirst().sorted()[runs / 2]
        let grown = Self.peakMegabytes() - memoryBefore
        let modelMegabytes = Double(parameterCount) * 4 / 1e6
        return [
            Figure(
                "gb_per_s", gigabytes / fold, "GB/s", "FedAvg of \(updateCount) x \(parameterCount), \(threads) threads"
            ),
            Figure("read_limit_gb_per_s", gigabytes / read, "GB/s", "reading the same updates and nothing else"),
            Figure("share_of_read_limit", read / fold, "", "of the read limit, in this run"),
            Figure("seconds", fold, "s", "one average"),
            Figure(
                "memory_models", 1 + grown / modelMegabytes, "models", "peak memory: the model, and all but the updates"
            ),
        ]
    }

    /// Random multiples of 2^-24 in (-1, 1).
    private func randomUpdate(_ number: Int, _ layout: ParameterLayout) -> ParameterSet {
        var set = ParameterSet(zeros: layout)
        var generator = SeededGenerator(seed: 1, stream: "benchmark", number)
        set.values.withUnsafeMutableValues { values in
            for index in 0..<parameterCount {
                let integer = Int32(truncatingIfNeeded: generator.next() >> 40) - (1 << 23)
                values[index] = Float(integer) * 0x1p-24
            }
        }
        return set
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Peak resident memory of this process so far, in 10^6 bytes.
    private static func peakMegabytes() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) * 1_024 / 1e6
    }
}
