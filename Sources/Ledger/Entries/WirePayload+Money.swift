internal import SwiftProtobuf

extension Transfer: WirePayload {
    init(wire: Tributary_V1_Transfer) throws(LedgerError) {
        guard wire.amount > 0 else {
            throw LedgerError(.badValue, "a transfer of nothing")
        }
        self.init(
            kind: try Kind(wire: wire.kind),
            debit: try AccountName(wire.debit),
            credit: try AccountName(wire.credit),
            amount: wire.amount,
            task: try WireField.optionalDigest(wire.task, "task"),
            period: wire.period
        )
    }

    var wire: Tributary_V1_Transfer {
        .with {
            $0.kind = kind.wire
            $0.debit = debit.text
            $0.credit = credit.text
            $0.amount = amount
            $0.task = WireField.data(task)
            $0.period = period
        }
    }
}

extension Transfer.Kind {
    init(wire: Tributary_V1_Transfer.Kind) throws(LedgerError) {
        switch wire {
        case .grant: self = .grant
        case .deposit: self = .deposit
        case .emission: self = .emission
        case .funding: self = .funding
        case .reward: self = .reward
        case .refund: self = .refund
        case .burn: self = .burn
        case .unspecified, .UNRECOGNIZED:
            throw LedgerError(.badValue, "a transfer of the unknown kind \(wire.rawValue)")
        }
    }

    var wire: Tributary_V1_Transfer.Kind {
        switch self {
        case .grant: .grant
        case .deposit: .deposit
        case .emission: .emission
        case .funding: .funding
        case .reward: .reward
        case .refund: .refund
        case .burn: .burn
        }
    }
}

extension EpochSettled: WirePayload {
    init(wire: Tributary_V1_EpochSettled) throws(LedgerError) {
        self.init(
            task: try WireField.digest(wire.task, "task"),
            epoch: wire.epoch,
            lastRound: wire.lastRound,
            pool: wire.pool,
            paid: wire.paid,
            carried: wire.carried
        )
    }

    var wire: Tributary_V1_EpochSettled {
        .with {
            $0.task = WireField.data(task)
            $0.epoch = epoch
            $0.lastRound = lastRound
            $0.pool = pool
            $0.paid = paid
            $0.carried = carried
        }
    }
}

extension TaskSettled: WirePayload {
    init(wire: Tributary_V1_TaskSettled) throws(LedgerError) {
        self.init(
            task: try WireField.digest(wire.task, "task"),
            lossBefore: wire.lossBefore,
            lossAfter: wire.lossAfter,
            pool: wire.pool,
            payable: wire.payable,
            paid: wire.paid
        )
    }

    var wire: Tributary_V1_TaskSettled {
        .with {
            $0.task = WireField.data(task)
            $0.lossBefore = lossBefore
            $0.lossAfter = lossAfter
            $0.pool = pool
            $0.payable = payable
            $0.paid = paid
        }
    }
}

extension Snapshot: WirePayload {
    init(wire: Tributary_V1_Snapshot) throws(LedgerError) {
        self.init(
            balancesRoot: try WireField.digest(wire.balancesRoot, "balances_root"),
            supply: wire.supply,
            accounts: wire.accounts
        )
    }

    var wire: Tributary_V1_Snapshot {
        .with {
            $0.balancesRoot = WireField.data(balancesRoot)
            $0.supply = supply
            $0.accounts = accounts
        }
    }
}
