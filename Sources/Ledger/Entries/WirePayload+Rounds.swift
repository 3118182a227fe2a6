internal import FoundationEssentials
internal import SwiftProtobuf

extension RoundOpened: WirePayload {
    init(wire: Tributary_V1_RoundOpened) throws(LedgerError) {
        self.init(
            task: try WireField.digest(wire.task, "task"),
            round: wire.round,
            baseModel: try WireField.digest(wire.baseModel, "base_model"),
            deadlineMs: wire.deadlineMs,
            cohort: wire.cohort,
            boundSquared: try WireField.optionalNumber(wire.boundSquared, "bound_squared")
        )
    }

    var wire: Tributary_V1_RoundOpened {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.baseModel = WireField.data(baseModel)
            $0.deadlineMs = deadlineMs
            $0.cohort = cohort
            $0.boundSquared = WireField.data(boundSquared)
        }
    }
}

extension ContributionAccepted: WirePayload {
    init(wire: Tributary_V1_ContributionAccepted) throws(LedgerError) {
        try self.init(
            SignedContribution(
                statementBytes: try WireField.bytes(
                    wire.statement,
                    "statement",
                    atMost: LedgerLimits.statementByteCount
                ),
                signature: [UInt8](wire.signature)
            ),
            squaredNorm: try WireField.optionalNumber(wire.squaredNorm, "squared_norm")
        )
    }

    var wire: Tributary_V1_ContributionAccepted {
        .with {
            $0.statement = Data(contribution.statementBytes)
            $0.signature = Data(contribution.signature)
            $0.squaredNorm = WireField.data(squaredNorm)
        }
    }
}

extension ContributionRefused: WirePayload {
    init(wire: Tributary_V1_ContributionRefused) throws(LedgerError) {
        self.init(
            task: try WireField.optionalDigest(wire.task, "task"),
            round: wire.round,
            participantKey: wire.participantKey.isEmpty
                ? nil : try WireField.publicKey(wire.participantKey, "participant_key"),
            reason: try RefusalReason(wire: wire.reason),
            detail: try WireField.text(wire.detail, "detail", atMost: LedgerLimits.detailByteCount),
            statementDigest: try WireField.digest(wire.statementDigest, "statement_digest")
        )
    }

    var wire: Tributary_V1_ContributionRefused {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.participantKey = WireField.data(participantKey)
            $0.reason = reason.wire
            $0.detail = detail
            $0.statementDigest = WireField.data(statementDigest)
        }
    }
}

extension RoundSealed: WirePayload {
    init(wire: Tributary_V1_RoundSealed) throws(LedgerError) {
        let outcome: Outcome =
            switch wire.outcome {
            case .aggregated: .aggregated
            case .noQuorum: .noQuorum
            case .diverged: .diverged
            case .abandoned: .abandoned
            case .unspecified, .UNRECOGNIZED:
                throw LedgerError(.badValue, "a round sealed with the unknown outcome \(wire.outcome.rawValue)")
            }
        self.init(
            task: try WireField.digest(wire.task, "task"),
            round: wire.round,
            outcome: outcome,
            accepted: wire.accepted,
            totalWeight: wire.totalWeight,
            aggregate: try WireField.optionalDigest(wire.aggregate, "aggregate"),
            model: try WireField.digest(wire.model, "model"),
            serverState: try WireField.optionalDigest(wire.serverState, "server_state"),
            metrics: wire.hasMetrics ? RoundMetrics(wire: wire.metrics) : nil,
            scoreCommitment: try WireField.optionalDigest(wire.scoreCommitment, "score_commitment")
        )
    }

    var wire: Tributary_V1_RoundSealed {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.outcome =
                switch outcome {
                case .aggregated: .aggregated
                case .noQuorum: .noQuorum
                case .diverged: .diverged
                case .abandoned: .abandoned
                }
            $0.accepted = accepted
            $0.totalWeight = totalWeight
            $0.aggregate = WireField.data(aggregate)
            $0.model = WireField.data(model)
            $0.serverState = WireField.data(serverState)
            if let metrics { $0.metrics = metrics.wire }
            $0.scoreCommitment = WireField.data(scoreCommitment)
        }
    }
}

extension RoundRevealed: WirePayload {
    init(wire: Tributary_V1_RoundRevealed) throws(LedgerError) {
        guard wire.hasMetrics else {
            throw LedgerError(.badValue, "a revealed round without its 'metrics'")
        }
        self.init(
            task: try WireField.digest(wire.task, "task"),
            round: wire.round,
            salt: try WireField.digest(wire.salt, "salt"),
            metrics: RoundMetrics(wire: wire.metrics)
        )
    }

    var wire: Tributary_V1_RoundRevealed {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.salt = WireField.data(salt)
            $0.metrics = metrics.wire
        }
    }
}

extension RoundMetrics: WirePayload {
    init(wire: Tributary_V1_Metrics) {
        self.init(
            validationLossBefore: wire.validationLossBefore,
            validationLossAfter: wire.validationLossAfter,
            testAccuracyPpm: wire.testAccuracyPpm,
            testLoss: wire.testLoss,
            scoreGap: wire.scoreGap
        )
    }

    var wire: Tributary_V1_Metrics {
        .with {
            $0.validationLossBefore = validationLossBefore
            $0.validationLossAfter = validationLossAfter
            $0.testAccuracyPpm = testAccuracyPpm
            $0.testLoss = testLoss
            $0.scoreGap = scoreGap
        }
    }
}

extension RoundScores: WirePayload {
    init(wire: Tributary_V1_Scores) throws(LedgerError) {
        guard wire.scores.count <= LedgerLimits.scoreCount else {
            throw LedgerError(
                .limitExceeded,
                "\(wire.scores.count) scores in an entry; at most \(LedgerLimits.scoreCount) are allowed"
            )
        }
        self.init(
            task: try WireField.digest(wire.task, "task"),
            round: wire.round,
            scores: wire.scores.map {
                ContributionScore(participant: $0.participant, full: $0.full, novel: $0.novel, samples: $0.samples)
            }
        )
    }

    var wire: Tributary_V1_Scores {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.scores = scores.map { score in
                .with {
                    $0.participant = score.participant
                    $0.full = score.full
                    $0.novel = score.novel
                    $0.samples = score.samples
                }
            }
        }
    }
}
