internal import Federation
internal import Foundation
internal import Ledger
internal import Tensors
internal import Training

/// What honest participants get, in a short simulation of the task.
package struct HonestPaySection: TaskCheckSection {
    package static let key = "honest"
    package static let title = "Honest participants alone"

    /// Part of the value that earlier steps do not predict, below which replays pay like work or pay is a lottery.
    static let noveltyLimit = 0.2

    package init() {}

    package func findings(on subject: TaskCheckSubject) -> TaskCheckFindings {
        var found = TaskCheckFindings()
        let outcomes = subject.honest
        let task = subject.scenario.task
        sayTrial(subject, &found)
        guard task.reward.score != .none else {
            found.say("pay", "pay", "nobody is paid")
            return found
        }
        let count = outcomes[0].participants.count
        let variation = Self.mean(outcomes.map { Self.variation(of: $0.honestMeritsByUnit) })
        let smallest = Self.mean(outcomes.map { Self.smallestOverMedian(of: $0.honestMeritsByUnit) })
        func research(_ small: String, _ large: String) -> String { count < 8 ? small : large }
        let known = task.trust == .known
        found.rows.append(
            TaskCheckFindings.Row(
                "spread", "spread of pay per unit (CV)", String(format: "%.2f", variation),
                values: ["cv": variation], research: known ? research("0.07", "0.08") : research("0.08", "0.06")))
        found.rows.append(
            TaskCheckFindings.Row(
                "smallest", "smallest over median", String(format: "%.2f", smallest),
                values: ["smallest_over_median": smallest],
                research: known ? research("0.80", "0.80") : research("0.81", "0.72")))
        if task.reward.score == .value { sayReach(subject, &found) }
        return found
    }

    private func sayTrial(_ subject: TaskCheckSubject, _ found: inout TaskCheckFindings) {
        let trial = subject.trial
        let count = subject.honest[0].participants.count
        let cut = trial.isCut ? ", each on \(trial.exampleCount) of its \(trial.ordinaryExampleCount) examples" : ""
        found.say(
            "trial", "simulated",
            """
            \(trial.roundCount) of \(subject.scenario.task.roundCount) rounds, \(count) participants\(cut), \
            \(subject.honest.count) \(subject.honest.count == 1 ? "seed" : "seeds")
            """,
            values: [
                "rounds": Double(trial.roundCount), "participants": Double(count),
                "seeds": Double(subject.honest.count), "examples": Double(trial.exampleCount),
            ])
    }

    private func sayReach(_ subject: TaskCheckSubject, _ found: inout TaskCheckFindings) {
        let outcomes = subject.honest
        let target = Double(subject.scenario.task.reward.targetDrop) / 1e12
        let before = Self.mean(outcomes.map(\.lossBefore))
        let drop = Self.mean(outcomes.map { max(0, $0.lossBefore - $0.lossAfter) })
        let reached = min(1, drop / target)
        found.say(
            "drop", "fall of the validation loss", String(format: "%.3f of %.3f nat", drop, before),
            values: ["drop": drop, "loss": before])
        found.say(
            "pool-reached", "part of the pool reached", String(format: "%.0f %%", reached * 100),
            values: ["share": reached])
        let full = Self.mean(outcomes.map(\.full))
        let novelty = full > 0 ? Self.mean(outcomes.map(\.novel)) / full : 0
        found.rows.append(
            TaskCheckFindings.Row(
                "novelty", "novelty (novel over full value)", String(format: "%.2f", novelty),
                values: ["novelty": novelty], research: outcomes[0].participants.count < 8 ? "0.26" : "0.12"))
        warn(novelty: novelty, drop: drop, loss: before, target: target, subject, &found)
    }

    private func warn(
        novelty: Double, drop: Double, loss: Double, target: Double, _ subject: TaskCheckSubject,
        _ found: inout TaskCheckFindings
    ) {
        let trial = subject.trial
        if novelty < Self.noveltyLimit {
            found.warn(
                "low-novelty",
                String(format: "Only %.0f %% of the value is not predicted by earlier steps", novelty * 100)
                    + (subject.scenario.task.trust == .known
                        ? ", so a replay of them is worth like work." : ", so few rounds decide about pay.")
                    + " Take fewer rounds and more local epochs in each.")
        }
        let guess = PortableMath.log(Double(subject.scenario.task.architecture.classCount))
        if loss > 2 * guess {
            found.warn(
                "unscaled-inputs",
                String(
                    format: "The first model's loss is %.1f nat, a guess among the classes has %.1f: the inputs are "
                        + "probably not scaled. Round 1 then takes most of the pool, and teaches little.", loss, guess))
        }
        if target > loss {
            found.warn(
                "target-too-far",
                String(
                    format: "target_drop %.6g nat is more than the first model's loss of %.3f: the whole pool can "
                        + "never be earned. The rest returns.", target, loss))
        } else if drop < target / 2, trial.roundCount == subject.scenario.task.roundCount, !trial.isCut {
            found.warn(
                "target-missed",
                String(
                    format: "The loss falls by %.3f nat, less than half of target_drop %.6g: most of the pool would "
                        + "return.", drop, target))
        }
        if drop > 1.5 * target {
            found.warn(
                "target-too-near",
                String(
                    format: "The loss falls by %.3f nat in %d rounds, target_drop is %.6g: what is learned after "
                        + "that costs the sponsor nothing and pays nobody more.", drop, trial.roundCount, target))
        }
    }

    static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    /// The coefficient of variation; 0 where there is nothing.
    static func variation(of values: [Double]) -> Double {
        let mean = mean(values)
        guard mean > 0 else { return 0 }
        return Self.mean(values.map { ($0 - mean) * ($0 - mean) }).squareRoot() / mean
    }

    static func smallestOverMedian(of values: [Double]) -> Double {
        let sorted = values.sorted()
        guard let smallest = sorted.first else { return 0 }
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return median > 0 ? smallest / median : 0
    }
}
