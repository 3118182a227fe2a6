internal import Federation
internal import Ledger

extension Consent {
    /// The file, with a word on every key.
    package var text: String {
        var lines = [
            "# What this machine takes part in. The agent declines every task that this file does not cover.",
            "# Examples and labels never leave the machine. What is sent: the change of the model's parameters, how",
            "# many examples and steps it took, the public key and the label. The coordinator sees it at once;",
            "# auditors whom its operator lists may read it after the task is closed.", "",
        ]
        if let schema {
            lines.append("# The tasks' data must look like this.")
            lines.append("schema: { features: \(schema.features), classes: \(schema.classes) }")
        }
        lines += [
            "# Names of tasks; * stands for anything.",
            "tasks: [\(tasks.map { "\"\($0.text)\"" }.joined(separator: ", "))]",
            "# How training is proved: L0 is a signed update, and no more of the data or the machine.",
            "proof_levels: [\(Self.allProofLevels.filter(proofLevels.contains).joined(separator: ", "))]",
            "# How updates are kept from the coordinator: none is not at all, it sees every one in the clear.",
            "privacy: [\(PrivacyMode.allCases.filter(privacy.contains).map(\.rawValue).joined(separator: ", "))]",
            "# How far a task trusts its participants. known: they are invited and accountable, and the whole value of",
            "# an update is paid. open: somebody vouches for each key, and what is new in an update is paid.",
            "trust: [\(Self.allTrusts.filter(trusts.contains).joined(separator: ", "))]",
            "# accepted, or declined: tasks that pay although anybody may register and nobody proves training, so that",
            "# one person with many keys can earn many shares.",
            "unproved_pay: \(acceptsUnprovedPay ? "accepted" : "declined")",
            "# Least that is proved to be set aside for a task, in tokens: for all of it, and divided by its rounds.",
            "# The scores to be paid by: value (what an update improves), samples (examples stated), none (no pay).",
            """
            reward: { minimum_pool: "\(TokenAmount.text(minimumPool))", \
            minimum_per_round: "\(TokenAmount.text(minimumPerRound))", \
            scores: [\(Self.allScores.filter(scores.contains).joined(separator: ", "))] }
            """,
            "# Largest model, in megabytes.", "model: { max_mb: \(largestModelMB) }",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
