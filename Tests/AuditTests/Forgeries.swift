import Attestation
import Ledger
import Rewards

// Entries that are the same but for one thing.

extension RoundSealed {
    func with(
        totalWeight: UInt64? = nil, aggregate: Digest?? = nil, model: Digest? = nil, serverState: Digest?? = nil,
        metrics: RoundMetrics?? = nil, commitment: Digest?? = nil
    ) -> RoundSealed {
        RoundSealed(
            task: task, round: round, outcome: outcome, accepted: accepted,
            totalWeight: totalWeight ?? self.totalWeight, aggregate: aggregate ?? self.aggregate,
            model: model ?? self.model, serverState: serverState ?? self.serverState, metrics: metrics ?? self.metrics,
            scoreCommitment: commitment ?? scoreCommitment)
    }
}

extension TaskOpened {
    func with(terms: TaskTerms? = nil, quorum: UInt32? = nil, grid: UInt32? = nil) -> TaskOpened {
        TaskOpened(
            task: task, configuration: configuration, initialModel: initialModel, parameterCount: parameterCount,
            gridFractionBits: grid ?? gridFractionBits, validationRoot: validationRoot, reward: reward,
            terms: terms ?? self.terms, quorum: quorum ?? self.quorum)
    }
}

extension TaskTerms {
    func with(
        trust: Trust? = nil, disclosure: Disclosure? = nil, roundCount: UInt32? = nil, pool: UInt64? = nil,
        targetDrop: UInt64? = nil, bound: UInt128? = nil, closeByMs: UInt64? = nil, commitment: Digest? = nil
    ) -> TaskTerms {
        TaskTerms(
            trust: trust ?? self.trust, score: score, weighting: weighting, disclosure: disclosure ?? self.disclosure,
            paidRounds: paidRounds, roundCount: roundCount ?? self.roundCount, pool: pool ?? self.pool,
            targetDrop: targetDrop ?? self.targetDrop, sponsor: sponsor, samplesCap: samplesCap,
            normBoundSquared: bound ?? normBoundSquared, boundFactor: boundFactor, history: history,
            closeByMs: closeByMs ?? self.closeByMs, secretCommitment: commitment ?? secretCommitment,
            acceptsUnprovedPay: acceptsUnprovedPay)
    }
}

extension RoundOpened {
    func with(
        baseModel: Digest? = nil, deadlineMs: UInt64? = nil, cohort: [ParticipantNumber]? = nil, bound: UInt128?? = nil
    ) -> RoundOpened {
        RoundOpened(
            task: task, round: round, baseModel: baseModel ?? self.baseModel, deadlineMs: deadlineMs ?? self.deadlineMs,
            cohort: cohort ?? self.cohort, boundSquared: bound ?? boundSquared)
    }
}

extension TaskClosed {
    func with(model: Digest? = nil, secret: TaskSecret? = nil) -> TaskClosed {
        TaskClosed(
            task: task, rounds: rounds, model: model ?? self.model, reason: reason, secret: secret ?? self.secret)
    }
}

extension RoundMetrics {
    /// The metrics with one of their five figures changed by a step.
    func with(figure: Int, changedBy step: Int64) -> RoundMetrics {
        RoundMetrics(
            validationLossBefore: validationLossBefore + (figure == 0 ? step : 0),
            validationLossAfter: validationLossAfter + (figure == 1 ? step : 0),
            testAccuracyPpm: UInt32(Int64(testAccuracyPpm) + (figure == 2 ? step : 0)),
            testLoss: testLoss + (figure == 3 ? step : 0), scoreGap: scoreGap + (figure == 4 ? step : 0))
    }
}

extension RoundScores {
    /// The scores with one participant's changed.
    func with(_ participant: ParticipantNumber, full: Int64 = 0, novel: Int64 = 0) -> RoundScores {
        RoundScores(
            task: task, round: round,
            scores: scores.map { score in
                let isIt = score.participant == participant
                return ContributionScore(
                    participant: score.participant, full: score.full + (isIt ? full : 0),
                    novel: score.novel + (isIt ? novel : 0), samples: score.samples)
            })
    }

    /// The same scores, of participants with other numbers.
    func with(numbers: [ParticipantNumber]) -> RoundScores {
        RoundScores(
            task: task, round: round,
            scores: scores.map {
                ContributionScore(
                    participant: numbers[Int($0.participant)], full: $0.full, novel: $0.novel, samples: $0.samples)
            })
    }
}

/// What a coordinator that forges its ledger sees to: each seal commits to what is revealed later.
enum Commitments {
    /// The bodies, the seals of rounds that are revealed among them with the rounded metrics and the commitment that go
    /// with what is revealed.
    static func renewed(_ bodies: [EntryBody]) -> [EntryBody] {
        var reveals: [UInt32: RoundRevealed] = [:]
        var parts: [UInt32: [RoundScores]] = [:]
        for body in bodies {
            switch body {
            case .roundRevealed(let revealed): reveals[revealed.round] = revealed
            case .scores(let scores): parts[scores.round, default: []].append(scores)
            default: break
            }
        }
        return bodies.map { body in
            guard case .roundSealed(let sealed) = body, let revealed = reveals[sealed.round] else { return body }
            return .roundSealed(
                sealed.with(
                    metrics: .some(revealed.metrics.rounded),
                    commitment: .some(
                        ScoreCommitment.digest(
                            salt: revealed.salt, metrics: revealed.metrics, parts: parts[sealed.round] ?? []))))
        }
    }
}

extension Journal {
    /// Appends a body as a coordinator that forges would: what the rules derive is left to them, and where a task is
    /// about to close, it is settled first.
    func appendForged(_ body: EntryBody, timeMs: UInt64) throws {
        switch body {
        // What is due.
        case .transfer, .taskSettled, .snapshot: return
        case .roundOpened(let opened):
            let bound = state.tasks[opened.task]?.nextBound
            try append([.roundOpened(opened.with(bound: .some(bound)))], timeMs: timeMs)
        case .roundSealed(let sealed):
            let weight = state.tasks[sealed.task]?.round?.totalWeight
            try append([.roundSealed(sealed.with(totalWeight: weight))], timeMs: timeMs)
        case .taskClosed(let closed):
            try append(LedgerRules.settlement(of: closed.task, state), timeMs: timeMs)
            try append([body], timeMs: timeMs)
        default: try append([body], timeMs: timeMs)
        }
        try appendDue(timeMs: timeMs)
    }
}
