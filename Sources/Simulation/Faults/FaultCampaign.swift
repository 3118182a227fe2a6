internal import Synchronization
internal import Tensors

/// Many seeds' worlds, one after the other or several at once; they know nothing of each other.
package enum FaultCampaign {
    /// What came of them.
    package struct Outcome: Sendable {
        /// The sums over all worlds.
        package internal(set) var tally = FaultTally()
        /// Worlds in which something was wrong, by seed.
        package internal(set) var failures: [FaultReport] = []
        /// Worlds that ran.
        package var seeds: Int { tally.seeds }

        /// No world yet.
        package init() {}

        /// One world alone.
        package init(_ report: FaultReport) {
            tally.add(report.tally)
            failures = report.violation == nil ? [] : [report]
        }
    }

    /// Runs the worlds of `count` seeds from `firstSeed` on.
    ///
    /// - Parameters:
    ///   - threads: worlds at one time; what comes out does not depend on it.
    ///   - isCancelled: asked before each world; true leaves out the rest.
    ///   - progress: hears how many worlds are done, from any thread.
    package static func run(
        firstSeed: UInt64, count: Int, threads: Int, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Outcome {
        let outcome = Mutex(Outcome())
        WorkSplit.forEachItem(of: count, threads: threads) { item, _ in
            guard !isCancelled() else { return }
            let report = report(ofSeed: firstSeed &+ UInt64(item))
            let done = outcome.withLock { outcome in
                outcome.tally.add(report.tally)
                if report.violation != nil { outcome.failures.append(report) }
                return outcome.tally.seeds
            }
            progress(done)
        }
        var result = outcome.withLock { $0 }
        result.failures.sort { $0.seed < $1.seed }
        return result
    }

    private static func report(ofSeed seed: UInt64) -> FaultReport {
        do {
            return try FaultSimulator(seed: seed).run()
        } catch {
            var tally = FaultTally()
            tally.seeds = 1
            return FaultReport(
                seed: seed, violation: "the world could not be made: \(error)", tally: tally, traceDigest: 0)
        }
    }
}
