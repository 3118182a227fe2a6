package import Federation
internal import Ledger

/// What a participant is told of a task's pay before it trains for it, in plain words.
package enum PayNotice {
    /// What `unproved_pay: accepted` means for who takes part.
    static let unprovedPay = "anybody may register here: one person with many keys can earn many shares"

    /// Under which trust and rule a task pays, how much is set aside, and when scores and pay come.
    ///
    /// - Parameter funding: the entry that sets the pool aside; nil where the task pays nothing.
    package static func text(_ task: TaskConfiguration, funding: TaskFunding?) -> String {
        guard task.reward.score != .none, let funding else { return "\(trust(task.trust)); it pays nothing" }
        var parts = [
            "\(trust(task.trust)); it pays by \(rule(task)), once, when it is closed, out of "
                + "\(TokenAmount.text(funding.amount)) set aside in entry \(funding.sequence)"
        ]
        if task.reward.paidRounds == .first { parts.append("the first round alone is paid") }
        if task.reward.score == .value {
            let isLive = task.disclosure == .live
            parts.append(isLive ? "scores are shown after each round" : "scores are shown after the close")
        }
        if task.reward.acceptsUnprovedPay { parts.append(unprovedPay) }
        return parts.joined(separator: "; ")
    }

    private static func trust(_ trust: TaskTerms.Trust) -> String {
        switch trust {
        case .known: "trust: known, participants are invited and accountable"
        case .open: "trust: open, somebody vouches for each key"
        }
    }

    private static func rule(_ task: TaskConfiguration) -> String {
        switch (task.reward.score, task.trust) {
        case (.value, .known): "value: in proportion to what your updates took off the validation loss"
        case (.value, .open):
            "value: in proportion to what your updates took off the validation loss beyond what earlier rounds had shown"
        case (.samples, _):
            task.reward.samplesCap > 0
                ? "samples: in proportion to the examples that you state, at most \(task.reward.samplesCap) an update"
                : "samples: in proportion to the examples that you state"
        case (.none, _): "nothing"
        }
    }
}
