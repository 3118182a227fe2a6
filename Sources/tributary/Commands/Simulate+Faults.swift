import Foundation
import Simulation

extension Simulate {
    /// `tributary simulate --faults`: coordinator and agents in memory, in virtual time, with everything failing.
    func runFaults() throws {
        let start = ContinuousClock.now
        let firstSeed = seed ?? 1
        let outcome: FaultCampaign.Outcome
        if events {
            let report = try FaultSimulator(seed: firstSeed, listen: { Terminal.line($0) }).run()
            outcome = FaultCampaign.Outcome(report)
        } else {
            outcome = FaultCampaign.run(
                firstSeed: firstSeed, count: seeds, threads: threadsOption.threads,
                isCancelled: { Interruption.isRequested })
        }
        let wallSeconds = (ContinuousClock.now - start) / .seconds(1)
        let failure = failure(of: outcome)
        if output.json {
            try Envelope.print(
                command: "simulate", FaultOutput(outcome, firstSeed: firstSeed, seconds: wallSeconds), failure: failure)
        } else {
            for failed in outcome.failures.prefix(Self.shownFailureCount) {
                Terminal.line("seed \(failed.seed): \(failed.violation ?? "")")
                Terminal.line("  again: tributary simulate --faults --seed \(failed.seed) --events")
            }
            Terminal.line(line(outcome, wallSeconds))
        }
        if let failure {
            // Said already; only the exit code is left.
            throw CommandFailureError(
                failure: CommandFailure(
                    code: failure.body.code, failure.exit, failure.body.message, hint: failure.body.hint, isSilent: true
                ))
        }
    }

    private static let shownFailureCount = 20

    private func failure(of outcome: FaultCampaign.Outcome) -> CommandFailure? {
        guard outcome.failures.isEmpty else {
            let first = outcome.failures[0]
            return CommandFailure(
                code: "faultsFound", .failure,
                "\(outcome.failures.count) of \(outcome.seeds) seeds failed, first \(first.seed)",
                hint: "repeat it with: tributary simulate --faults --seed \(first.seed) --events")
        }
        guard outcome.seeds == (events ? 1 : seeds) else {
            return CommandFailure(
                code: "interrupted", .interrupted, "stopped after \(outcome.seeds) of \(seeds) seeds")
        }
        return nil
    }

    /// The figures in one line.
    private func line(_ outcome: FaultCampaign.Outcome, _ seconds: Double) -> String {
        let tally = outcome.tally
        let wanted = events ? 1 : self.seeds
        let seeds = tally.seeds == wanted ? "\(wanted) seeds" : "STOPPED after \(tally.seeds) of \(wanted) seeds"
        let hours = String(format: "%.1f", Double(tally.virtualMs) / 3_600_000)
        let verdict = outcome.failures.isEmpty ? "clean" : "\(outcome.failures.count) FAILED"
        let wall = String(format: "%.1f", seconds)
        return """
            faults: \(seeds), \(verdict); \(tally.events) events, \
            \(tally.coordinatorCrashes)+\(tally.agentCrashes) crashes (coordinator+agents), \(tally.restarts) restarts, \
            \(tally.droppedMessages) messages lost, \(tally.duplicatedMessages) doubled, \(tally.failedWrites) failed writes, \
            \(tally.damagedBlobs) damaged blobs, \(tally.clockJumps) clock jumps; \(tally.roundsAggregated) rounds sealed, \
            \(tally.roundsWithoutQuorum) without quorum, \(tally.accepted) contributions accepted, \(tally.refused) refused, \
            \(tally.resends) resends, \(tally.ejections) ejections; \(hours) virtual hours in \(wall) s
            """
    }
}

/// What `simulate --faults --json` says.
private struct FaultOutput: Encodable {
    /// A seed in which something was wrong.
    struct Failure: Encodable {
        let seed: UInt64
        let violation: String
    }

    let seed: UInt64
    let seeds: Int
    let failures: [Failure]
    let figures: [String: Int]
    let virtualHours: Double
    let seconds: Double

    enum CodingKeys: String, CodingKey {
        case seed, seeds, failures, figures, seconds
        case virtualHours = "virtual_hours"
    }

    init(_ outcome: FaultCampaign.Outcome, firstSeed: UInt64, seconds: Double) {
        let tally = outcome.tally
        seed = firstSeed
        seeds = outcome.seeds
        failures = outcome.failures.map { Failure(seed: $0.seed, violation: $0.violation ?? "") }
        figures = [
            "events": tally.events, "coordinator_crashes": tally.coordinatorCrashes,
            "agent_crashes": tally.agentCrashes, "restarts": tally.restarts,
            "messages_lost": tally.droppedMessages, "messages_doubled": tally.duplicatedMessages,
            "failed_writes": tally.failedWrites, "damaged_blobs": tally.damagedBlobs,
            "clock_jumps": tally.clockJumps, "rounds_sealed": tally.roundsAggregated,
            "rounds_without_quorum": tally.roundsWithoutQuorum, "accepted": tally.accepted,
            "refused": tally.refused, "resends": tally.resends, "ejections": tally.ejections,
            "tasks_closed": tally.tasksClosed, "entries": tally.entries,
        ]
        virtualHours = Double(tally.virtualMs) / 3_600_000
        self.seconds = seconds
    }
}
