internal import FoundationEssentials
internal import SwiftProtobuf

extension Genesis: WirePayload {
    init(wire: Tributary_V1_Genesis) throws(LedgerError) {
        guard wire.grants.count <= LedgerLimits.grantCount else {
            throw LedgerError(
                .limitExceeded,
                "\(wire.grants.count) grants; at most \(LedgerLimits.grantCount) are allowed"
            )
        }
        var grants: [Grant] = []
        for grant in wire.grants {
            grants.append(Grant(account: try AccountName(grant.account), amount: grant.amount))
        }
        self.init(
            origin: try WireField.text(wire.origin, "origin", atMost: LedgerLimits.originByteCount),
            coordinatorKey: try WireField.publicKey(wire.coordinatorKey, "coordinator_key"),
            asset: try WireField.text(wire.asset, "asset", atMost: LedgerLimits.assetByteCount),
            cap: wire.cap,
            rulesVersion: wire.rulesVersion,
            grants: grants
        )
    }

    var wire: Tributary_V1_Genesis {
        .with {
            $0.origin = origin
            $0.coordinatorKey = WireField.data(coordinatorKey)
            $0.asset = asset
            $0.cap = cap
            $0.rulesVersion = rulesVersion
            $0.grants = grants.map { grant in
                .with {
                    $0.account = grant.account.text
                    $0.amount = grant.amount
                }
            }
        }
    }
}

extension ParticipantRegistered: WirePayload {
    init(wire: Tributary_V1_ParticipantRegistered) throws(LedgerError) {
        self.init(
            publicKey: try WireField.publicKey(wire.publicKey, "public_key"),
            label: try WireField.text(wire.label, "label", atMost: LedgerLimits.labelByteCount),
            units: wire.units
        )
    }

    var wire: Tributary_V1_ParticipantRegistered {
        .with {
            $0.publicKey = WireField.data(publicKey)
            $0.label = label
            $0.units = units
        }
    }
}

extension UnitsAssigned: WirePayload {
    init(wire: Tributary_V1_UnitsAssigned) throws(LedgerError) {
        self.init(
            task: try WireField.optionalDigest(wire.task, "task"),
            participant: wire.participant,
            units: wire.units,
            change: wire.change
        )
    }

    var wire: Tributary_V1_UnitsAssigned {
        .with {
            $0.task = WireField.data(task)
            $0.participant = participant
            $0.units = units
            $0.change = change
        }
    }
}

extension TaskOpened: WirePayload {
    init(wire: Tributary_V1_TaskOpened) throws(LedgerError) {
        guard wire.hasReward != wire.hasTerms else {
            throw LedgerError(.badValue, "a task has either a 'reward' (rules version 1) or 'terms' (version 2)")
        }
        let initialModel = try WireField.optionalDigest(wire.initialModel, "initial_model")
        guard (initialModel != nil) == wire.hasReward else {
            throw LedgerError(.badValue, "a task names its 'initial_model' in rules version 1, and only there")
        }
        self.init(
            task: try WireField.digest(wire.task, "task"),
            configuration: try WireField.bytes(
                wire.configuration,
                "configuration",
                atMost: LedgerLimits.configurationByteCount
            ),
            initialModel: initialModel,
            parameterCount: wire.parameterCount,
            gridFractionBits: wire.gridFractionBits,
            validationRoot: try WireField.digest(wire.validationRoot, "validation_root"),
            reward: wire.hasReward ? try RewardRule(wire: wire.reward) : nil,
            terms: wire.hasTerms ? try TaskTerms(wire: wire.terms) : nil,
            quorum: wire.quorum
        )
    }

    var wire: Tributary_V1_TaskOpened {
        .with {
            $0.task = WireField.data(task)
            $0.configuration = Data(configuration)
            $0.initialModel = WireField.data(initialModel)
            $0.parameterCount = parameterCount
            $0.gridFractionBits = gridFractionBits
            $0.validationRoot = WireField.data(validationRoot)
            if let reward { $0.reward = reward.wire }
            if let terms { $0.terms = terms.wire }
            $0.quorum = quorum
        }
    }
}

extension RewardRule {
    init(wire: Tributary_V1_RewardRule) throws(LedgerError) {
        let score: Score =
            switch wire.score {
            case .samples: .samples
            case .path: .path
            case .pathNovel: .pathNovel
            case .unspecified, .UNRECOGNIZED:
                throw LedgerError(.badValue, "a reward rule for the unknown score \(wire.score.rawValue)")
            }
        self.init(
            score: score,
            poolPerRound: wire.poolPerRound,
            epochRounds: wire.epochRounds,
            sponsor: wire.sponsor.isEmpty ? nil : try AccountName(wire.sponsor)
        )
    }

    var wire: Tributary_V1_RewardRule {
        .with {
            $0.score =
                switch score {
                case .samples: .samples
                case .path: .path
                case .pathNovel: .pathNovel
                }
            $0.poolPerRound = poolPerRound
            $0.epochRounds = epochRounds
            $0.sponsor = sponsor?.text ?? ""
        }
    }
}

extension TaskClosed: WirePayload {
    init(wire: Tributary_V1_TaskClosed) throws(LedgerError) {
        self.init(
            task: try WireField.digest(wire.task, "task"),
            rounds: wire.rounds,
            model: try WireField.digest(wire.model, "model"),
            reason: try Reason?(wire: wire.reason),
            secret: wire.secret.isEmpty ? nil : TaskSecret(try WireField.digest(wire.secret, "secret"))
        )
    }

    var wire: Tributary_V1_TaskClosed {
        .with {
            $0.task = WireField.data(task)
            $0.rounds = rounds
            $0.model = WireField.data(model)
            $0.reason = reason.wire
            $0.secret = WireField.data(secret?.value)
        }
    }
}

extension TaskClosed.Reason? {
    fileprivate init(wire: Tributary_V1_TaskClosed.Reason) throws(LedgerError) {
        switch wire {
        case .unspecified: self = nil
        case .completed: self = .completed
        case .operator: self = .byOperator
        case .closeBy: self = .closeBy
        case .diverged: self = .diverged
        case .UNRECOGNIZED:
            throw LedgerError(.badValue, "a task closed for the unknown reason \(wire.rawValue)")
        }
    }

    fileprivate var wire: Tributary_V1_TaskClosed.Reason {
        switch self {
        case nil: .unspecified
        case .completed: .completed
        case .byOperator: .operator
        case .closeBy: .closeBy
        case .diverged: .diverged
        }
    }
}
