internal import Federation
internal import Foundation
internal import Ledger

/// What those earn who do something else than work honestly in every round, against an honest share, under the task's
/// rule: simulated one by one beside honest participants.
package struct UnearnedPaySection: TaskCheckSection {
    package static let key = "others"
    package static let title = "Others, in honest shares"

    /// Somebody who is added to the honest participants.
    struct Addition: Sendable {
        let key: String
        let label: String
        let population: Population
        /// What was measured on the digits: under trust known and open, with five participants and with ten.
        let research: Research
    }

    /// Pay in honest shares, as measured on the digits with five participants (20 rounds) and ten (30).
    struct Research: Sendable {
        let known: (five: String, ten: String)
        let open: (five: String, ten: String)

        init(_ known: (String, String), _ open: (String, String)) {
            self.known = known
            self.open = open
        }
    }

    package init() {}

    package func findings(on subject: TaskCheckSubject) throws -> TaskCheckFindings {
        var found = TaskCheckFindings()
        let task = subject.scenario.task
        guard task.reward.score != .none else { return found }
        let additions = Self.additions(roundCount: subject.trial.roundCount)
        let trials = subject.effort.trials
        let outcomes = try TaskTrial.parallel(additions.count * trials, subject) { job in
            let addition = additions[job / trials]
            return try subject.trial.outcome(
                of: subject.trial.populations(adding: addition.population), trial: job % trials)
        }
        let isSmall = subject.honest[0].participants.count < 8
        for (place, addition) in additions.enumerated() {
            let own = Array(outcomes[place * trials..<(place + 1) * trials])
            let known = isSmall ? addition.research.known.five : addition.research.known.ten
            let open = isSmall ? addition.research.open.five : addition.research.open.ten
            found.rows.append(Self.row(addition, own, research: task.trust == .known ? known : open))
        }
        return found
    }

    private static func row(
        _ addition: Addition, _ outcomes: [TaskTrial.Outcome], research: String
    ) -> TaskCheckFindings.Row {
        let shares = outcomes.compactMap(\.additionsShare)
        guard !shares.isEmpty else {
            return TaskCheckFindings.Row(addition.key, addition.label, "nobody earns", research: research)
        }
        guard !outcomes.allSatisfy(\.refusesAdditions) else {
            return TaskCheckFindings.Row(
                addition.key, addition.label, "refused", values: ["share": 0, "refused": 1], research: research)
        }
        let mean = HonestPaySection.mean(shares)
        let deviation = HonestPaySection.mean(shares.map { ($0 - mean) * ($0 - mean) }).squareRoot()
        let text = shares.count > 1 ? String(format: "%.2f ±%.2f", mean, deviation) : String(format: "%.2f", mean)
        return TaskCheckFindings.Row(
            addition.key, addition.label, text, values: ["share": mean, "deviation": deviation], research: research)
    }

    /// Who is added, for trials of so many rounds.
    static func additions(roundCount: Int) -> [Addition] {
        idle + [
            Addition(
                key: "scaled", label: "honest update, three times", population: population(.scaled),
                research: Research(("1.22", "1.18"), ("1.28", "1.12"))),
            Addition(
                key: "validation-holder", label: "knows the validation set", population: population(.validationHolder),
                research: Research(("0.60", "0.97"), ("2.11", "3.35"))),
            Addition(
                key: "late", label: "joins after a quarter of rounds",
                population: population(.late) { $0.rounds = max(1, roundCount / 4) },
                research: Research(("0.15", "0.44"), ("0.05", "0.13"))),
            Addition(
                key: "early-only", label: "stops working after two rounds", population: population(.earlyOnly),
                research: Research(("0.32", "0.14"), ("0.77", "0.68"))),
            Addition(
                key: "same-data", label: "two keys with the same data", population: population(.sameData, count: 2),
                research: Research(("1.92", "1.89"), ("1.78", "1.48"))),
        ]
    }

    private static let idle = [
        Addition(
            key: "replay", label: "free rider: last step again", population: population(.replay),
            research: Research(("1.04", "1.31"), ("0.00", "0.00"))),
        Addition(
            key: "noise", label: "free rider: noise", population: population(.noise),
            research: Research(("0.00", "0.00"), ("0.01", "0.01"))),
        Addition(
            key: "copy", label: "copier: another's bytes", population: population(.copy),
            research: Research(("refused", "refused"), ("refused", "refused"))),
        Addition(
            key: "copy-seen", label: "copier who saw it, with noise",
            population: population(.copy, noise: 0.1) { $0.variant = .noisy },
            research: Research(("0.93", "0.91"), ("0.92", "0.81"))),
        Addition(
            key: "idle-pair", label: "two idle keys, plus and minus",
            population: population(.pairHistory, count: 2) { $0.toBound = true },
            research: Research(("0.21", "0.30"), ("0.00", "0.00"))),
    ]

    private static func population(
        _ kind: Population.Kind, count: Int = 1, noise: Double = 0.3,
        _ change: (inout Population.Settings) -> Void = { _ in }
    ) -> Population {
        var population = Population(kind: kind, count: count, noise: noise)
        change(&population.settings)
        return population
    }
}
