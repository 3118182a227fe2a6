extension LedgerRules {
    /// Refuses what only logs of the other rules version have.
    static func checkVersion(of body: EntryBody, _ state: LedgerState) throws(LedgerError) {
        guard let genesis = state.genesis else { return }
        let fault = genesis.rulesVersion == Version1Rules.version ? faultInVersion1(body) : faultInVersion2(body)
        guard let fault else { return }
        throw LedgerError(.otherRules, "\(fault) in a log of rules version \(genesis.rulesVersion)")
    }

    /// What version 1 does not have.
    private static func faultInVersion1(_ body: EntryBody) -> String? {
        switch body {
        case .unitsAssigned, .roundRevealed, .taskSettled: "a \(body.kindName) entry"
        case .participantRegistered(let body): body.units == 0 ? nil : "a participant with units"
        case .taskOpened(let body): body.terms == nil ? nil : "a task with terms"
        case .roundOpened(let body): body.boundSquared == nil ? nil : "a round with a norm bound"
        case .contributionAccepted(let body):
            body.squaredNorm == nil && body.statement.possession == nil
                ? nil : "a contribution with a norm or a proof of possession"
        case .contributionRefused(let body): body.reason == .copied ? "the reason copied" : nil
        case .roundSealed(let body):
            body.scoreCommitment == nil && [.aggregated, .noQuorum].contains(body.outcome)
                ? nil : "a seal with the outcome \(body.outcome), or a commitment,"
        case .taskClosed(let body):
            body.reason == nil && body.secret == nil ? nil : "a close with a reason or a secret"
        default: nil
        }
    }

    /// What version 2 does not have, or always has.
    private static func faultInVersion2(_ body: EntryBody) -> String? {
        switch body {
        case .epochSettled: "an \(body.kindName) entry"
        case .taskOpened(let body): body.reward == nil && body.initialModel == nil ? nil : "a task with a reward rule"
        case .contributionAccepted(let body):
            body.squaredNorm != nil && body.statement.possession != nil
                ? nil : "a contribution without its norm or its proof of possession"
        case .taskClosed(let body):
            body.reason != nil && body.secret != nil ? nil : "a close without a reason or a secret"
        default: nil
        }
    }
}
