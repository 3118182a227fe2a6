package import Federation
internal import Ledger
internal import Training

extension Consent {
    /// Why a task is not covered, as the end of a sentence; nil where it is.
    ///
    /// - Parameter funded: what is proved to be set aside for the task, in units of 10^-6 token.
    package func objection(to task: TaskConfiguration, funded: UInt64) -> String? {
        if let schema {
            let architecture = task.architecture
            guard architecture.inputCount == schema.features, architecture.classCount == schema.classes else {
                return """
                    it is for \(architecture.inputCount) features and \(architecture.classCount) classes, consent.yaml \
                    has \(schema.features) and \(schema.classes)
                    """
            }
        }
        guard tasks.contains(where: { $0.matches(task.name) }) else {
            return "no pattern under tasks in consent.yaml matches \"\(task.name)\""
        }
        guard proofLevels.contains(Self.currentProofLevel) else {
            return "it is of proof level \(Self.currentProofLevel), which is not in proof_levels in consent.yaml"
        }
        guard privacy.contains(task.privacy) else {
            let sees = task.privacy == .inTheClear ? " (the coordinator sees updates in the clear)" : ""
            return "its privacy is \"\(task.privacy.rawValue)\"\(sees), which is not in privacy in consent.yaml"
        }
        if let objection = ruleObjection(to: task) ?? amountObjection(to: task, funded) { return objection }
        let byteCount = ParameterBlob(layout: task.architecture.parameterLayout).byteCount
        guard byteCount <= largestModelMB * 1_000_000 else {
            return """
                its model has \(byteCount) bytes, more than the \(largestModelMB) MB of model.max_mb in consent.yaml
                """
        }
        return nil
    }

    /// What is wrong with the rule that a task pays by.
    private func ruleObjection(to task: TaskConfiguration) -> String? {
        let trust = task.trust.word
        guard trusts.contains(trust) else {
            return "its trust is \"\(trust)\", which is not in trust in consent.yaml"
        }
        let score = task.reward.score.word
        guard scores.contains(score) else {
            return "it pays by the score \"\(score)\", which is not in reward.scores in consent.yaml"
        }
        guard acceptsUnprovedPay || !task.reward.acceptsUnprovedPay else {
            return "\(PayNotice.unprovedPay), which unproved_pay in consent.yaml declines"
        }
        return nil
    }

    /// What is wrong with the amount that is set aside.
    private func amountObjection(to task: TaskConfiguration, _ funded: UInt64) -> String? {
        guard funded >= minimumPool else {
            return """
                \(TokenAmount.text(funded)) is set aside for it, less than the \(TokenAmount.text(minimumPool)) of \
                reward.minimum_pool in consent.yaml
                """
        }
        let rounds = UInt64(max(1, task.roundCount))
        guard UInt128(funded) >= UInt128(minimumPerRound) * UInt128(rounds) else {
            return """
                \(TokenAmount.text(funded)) is set aside for its \(rounds) rounds, which is less a round than the \
                \(TokenAmount.text(minimumPerRound)) of reward.minimum_per_round in consent.yaml
                """
        }
        return nil
    }
}
