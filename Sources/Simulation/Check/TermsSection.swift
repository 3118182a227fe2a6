internal import Federation
internal import Foundation
internal import Ledger

/// What the file says, in words.
package struct TermsSection: TaskCheckSection {
    package static let key = "terms"
    package static let title = "What the file says"

    package init() {}

    package func findings(on subject: TaskCheckSubject) -> TaskCheckFindings {
        let task = subject.scenario.task
        var found = TaskCheckFindings()
        found.say(
            "trust", "trust",
            task.trust == .known
                ? "known: invited and accountable parties; the whole path score is paid"
                : "open: keys that somebody vouches for one by one; what earlier steps do not predict is paid")
        found.say("invited", "invited", invitation(subject), values: ["cohort": Double(task.cohort.size)])
        found.say("score", "paid for", score(task))
        if task.reward.score != .none { sayPrice(task, &found) }
        found.say("weights", "weights", weights(task))
        found.say(
            "disclosure", "disclosure",
            task.disclosure == .afterClose
                ? "after the close: scores, exact losses and the validation set stay secret until then"
                : "live: scores and exact losses are shown after each round")
        warn(of: task, subject, &found)
        return found
    }

    private func score(_ task: TaskConfiguration) -> String {
        switch task.reward.score {
        case .value: "the fall of the validation loss, divided by merit, once, at the close"
        case .samples: "examples, as participants state them"
        case .none: "nothing"
        }
    }

    private func invitation(_ subject: TaskCheckSubject) -> String {
        let task = subject.scenario.task
        guard task.trust == .known else { return "every admitted key, to every round" }
        let all = subject.isScenario ? " of \(subject.scenario.participantCount)" : ""
        return "\(task.cohort.invitationCount)\(all) a round, of whom \(task.cohort.size) are averaged"
    }

    private func sayPrice(_ task: TaskConfiguration, _ found: inout TaskCheckFindings) {
        let pool = Double(task.reward.pool) / Double(TokenAmount.unitsPerToken)
        let source = task.reward.sponsor.map { "from the escrow of \($0.text)" } ?? "issued"
        found.say("pool", "pool", "\(TokenAmount.text(task.reward.pool)), \(source)", values: ["tokens": pool])
        guard task.reward.score == .value else { return }
        let target = Double(task.reward.targetDrop) / 1e12
        let rounds = task.reward.paidRounds == .first ? "; the first round's scores alone count" : ""
        found.say(
            "price", "price",
            String(format: "%.6g a nat, up to a fall of %.6g nat", pool / target, target) + rounds,
            values: ["tokens_per_nat": pool / target, "target_drop": target])
    }

    private func weights(_ task: TaskConfiguration) -> String {
        guard task.weights.weighting == .units else { return "examples, as participants state them" }
        let bound =
            switch task.weights.bound {
            case .automatic: "measured at the opening"
            case .length(let length): "of length \(length)"
            }
        return "units of 1 to 8 from admission, 4 being ordinary; bound \(bound), times 3/2"
    }

    private func warn(of task: TaskConfiguration, _ subject: TaskCheckSubject, _ found: inout TaskCheckFindings) {
        if task.reward.acceptsUnprovedPay {
            found.warn(
                "unproved-pay",
                """
                unproved_pay: accepted lets anybody register for pay. Public models give away the training set's shape: \
                five keys without data earned 0.75 shares by rebuilding it, and 3.3 with public pictures. Where anybody \
                may register, pay needs proof of training.
                """)
        }
        if task.reward.sponsor != nil {
            found.warn(
                "sponsor-validation",
                """
                The sponsor chooses the validation set. With some of its labels wrong it pays less and keeps a good \
                model; participants see that only after the close.
                """)
        }
        let invited = task.cohort.invitationCount
        if task.trust == .known, subject.isScenario, invited < subject.scenario.participantCount {
            found.warn(
                "small-cohort",
                """
                \(invited) of \(subject.scenario.participantCount) are invited a round, and being invited to the first \
                rounds is what gets paid: among twenty identical workers the spread of pay (CV) was 0.47 with cohorts of \
                4 and 0.25 with 10, against 0.10 with everybody. Invite everybody, or run more rounds.
                """)
        }
        if task.weights.weighting == .claimed || task.reward.score == .samples {
            let cap = task.reward.samplesCap
            found.warn(
                "stated-examples",
                cap == 0
                    ? """
                    Stated examples weigh or are paid without a cap, so who states more gets more. A coordinator refuses \
                    that: name reward.samples_cap, or write weighting: units and score: value.
                    """
                    : """
                    Stated examples weigh or are paid, up to \(cap) for each update: nobody checks them, so everybody \
                    may state the cap.
                    """)
        }
    }
}
