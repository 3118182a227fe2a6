package import Datasets
package import Federation
package import Runs
internal import Training

/// A federation to simulate: the task, its data, who takes part, and the network between them.
package struct Scenario: Sendable {
    /// Where the examples come from.
    package enum DataSource: Equatable, Sendable {
        /// The embedded UCI optical digits.
        case digits
        /// A file or folder that `Dataset.load` reads.
        case path(String)
    }

    /// Where the examples come from, and how many the coordinator holds.
    package struct DataRule: Equatable, Sendable {
        package let source: DataSource
        /// Examples that contributions are scored on.
        package let validationCount: Int
        /// Examples held out for test accuracy, where the data set has no test part of its own.
        package let testCount: Int
    }

    /// How messages travel in the simulated world.
    package struct Network: Equatable, Sendable {
        /// One way, in milliseconds.
        package var latencyMs: Double
        /// Largest random addition to it.
        package var jitterMs: Double
        /// Of each participant's link, in 10^6 bits a second.
        package var bandwidthMbps: Double
        /// Probability that a contribution arrives twice.
        package var duplicate: Double
        /// Seeds latencies and jitter only: another value shuffles arrivals and changes nothing else.
        package var seed: UInt64

        package init(
            latencyMs: Double = 40, jitterMs: Double = 20, bandwidthMbps: Double = 50, duplicate: Double = 0,
            seed: UInt64 = 0
        ) {
            self.latencyMs = latencyMs
            self.jitterMs = jitterMs
            self.bandwidthMbps = bandwidthMbps
            self.duplicate = duplicate
            self.seed = seed
        }
    }

    /// The task as the ledger will bind it.
    package var task: TaskConfiguration
    package var data: DataSource
    /// Examples that the coordinator holds to score contributions on.
    package var validationCount: Int
    /// Examples held out for test accuracy, where the data set has no test part of its own.
    package var testCount: Int
    package var partitioner: Partitioner
    package var populations: [Population]
    package var network: Network
    package var retention: RetentionRule
    package var diskBudgetByteCount: Int
    /// Most units that may ever be in circulation.
    package var cap: UInt64

    /// Participants of all populations.
    package var participantCount: Int { populations.reduce(0) { $0 + $1.count } }

    /// What the task promises to keep: what the retention rule keeps, if the disk budget has room for it, and else
    /// nothing. Updates and models have one size.
    package var promise: UpdatePromise {
        let (promise, roundCount): (UpdatePromise, Int) =
            switch retention {
            case .all: (.all, task.roundCount)
            case .lastRounds(let count): (.lastRounds(count), min(count, task.roundCount))
            case .none: (.none, 0)
            }
        // Models are in 32 bits a value, the server's momentum in 64; two rounds before those kept have their models.
        let blobs = roundCount.multipliedReportingOverflow(by: task.cohort.size + 3)
        let byteCount = ParameterBlob(layout: task.architecture.parameterLayout).byteCount
        let needed = blobs.partialValue.addingReportingOverflow(6)
        let total = needed.partialValue.multipliedReportingOverflow(by: byteCount)
        guard !blobs.overflow, !needed.overflow, !total.overflow, total.partialValue <= diskBudgetByteCount else {
            return .none
        }
        return promise
    }
}
