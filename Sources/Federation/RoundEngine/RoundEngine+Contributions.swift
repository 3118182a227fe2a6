import Attestation
import Ledger
import Rewards

extension RoundEngine {
    /// Judges a contribution by its statement; what is left (signature, bytes) the driver checks.
    mutating func receive(
        statement bytes: [UInt8],
        signature: [UInt8],
        ticket: UInt64,
        _ nowMs: UInt64
    ) -> [RoundEffect] {
        let contribution = SignedContribution(statementBytes: bytes, signature: signature)
        let statement: ContributionStatement
        do {
            statement = try ContributionStatement(decoding: bytes)
        } catch {
            return refuse(ticket, nil, bytes, .malformed, "not a contribution statement: \(error.message)")
        }
        guard case .collecting(var open) = phase, statement.round == open.number else {
            return refuse(
                ticket,
                statement,
                bytes,
                reasonOutOfTurn(statement, nowMs),
                "round \(statement.round) is not open; the last opened is \(round)"
            )
        }
        if let (reason, detail) = fault(in: statement, of: open, nowMs) {
            return refuse(ticket, statement, bytes, reason, detail)
        }
        guard let participant = participants[statement.participantKey] else {
            return refuse(ticket, statement, bytes, .unknownParticipant, "no such participant")
        }
        phase = .idle  // so that `open` is the only reference, and its dictionaries are not copied
        open.pending[ticket] = OpenRound.PendingCheck(
            contribution: contribution, statement: statement, participant: participant)
        phase = .collecting(open)
        return [.check(ticket: ticket, contribution: contribution, statement: statement)]
    }

    /// Takes the driver's verdict on a contribution that it was asked to check.
    mutating func settle(ticket: UInt64, verdict: UpdateVerdict, _ nowMs: UInt64) -> [RoundEffect] {
        guard case .collecting(var open) = phase, open.pending[ticket] != nil else { return [] }
        phase = .idle  // so that `open` is the only reference, and its dictionaries are not copied
        guard let check = open.pending.removeValue(forKey: ticket) else { return [] }
        var effects: [RoundEffect]
        switch judge(verdict, check, open, ticket: ticket) {
        case .failure(let fault):
            effects = refuse(ticket, check, fault.reason, fault.detail)
        case .success(let (entry, contribution)):
            open.accept(contribution)
            lastStatements[check.participant] = check.contribution.digest
            effects = [
                .record(.contributionAccepted(entry)),
                .fold(contribution),
            ]
        }
        let isFull =
            open.accepted.count >= plan.fullCount(cohortCount: open.cohort.count) || hasAllItCanGet(open)
        if isFull {
            for (late, other) in open.pending.sorted(by: { $0.key < $1.key }) {
                effects += refuse(late, other, .roundFull, "enough others came first")
            }
            open.pending.removeAll()
        }
        phase = .collecting(open)
        return isFull || (open.isClosing && open.pending.isEmpty) ? effects + closeRound(open, nowMs) : effects
    }

    /// Forgets a contribution whose check could not be made.
    mutating func withdraw(ticket: UInt64, _ nowMs: UInt64) -> [RoundEffect] {
        guard case .collecting(var open) = phase, open.pending.removeValue(forKey: ticket) != nil else { return [] }
        phase = .collecting(open)
        let isOver = open.isClosing && open.pending.isEmpty || hasAllItCanGet(open)
        return isOver ? closeRound(open, nowMs) : []
    }

    /// Whether everybody who was invited has answered, or, with a quorum, will not.
    func hasAllItCanGet(_ open: OpenRound) -> Bool {
        if open.accepted.count == open.cohort.count { return true }
        // Counting is enough for nearly every call: this is asked once a contribution.
        guard open.accepted.count >= plan.cohort.quorum, open.accepted.count + absent.count >= open.cohort.count else {
            return false
        }
        let underway = Set(open.pending.values.map(\.participant))
        return open.cohort.allSatisfy {
            open.accepted[$0] != nil || absent.contains($0) && !underway.contains($0)
        }
    }

    /// The entry for a checked contribution, or what keeps it from being accepted: the driver's verdict, or what was
    /// accepted while the check ran.
    private func judge(
        _ verdict: UpdateVerdict,
        _ check: OpenRound.PendingCheck,
        _ open: OpenRound,
        ticket: UInt64
    ) -> Result<(ContributionAccepted, AcceptedContribution), ContributionFault> {
        let statement = check.statement
        let squaredNorm: UInt128
        switch verdict {
        case .refused(let reason, let detail): return .failure(ContributionFault(reason, detail))
        case .sound(let norm): squaredNorm = norm
        }
        if open.accepted[check.participant] != nil {
            return .failure(ContributionFault(.duplicate, Self.duplicateDetail(check.participant, open)))
        }
        if open.acceptedUpdates.contains(statement.update) {
            return .failure(
                ContributionFault(.copied, "another participant's update in round \(open.number) has these very bytes"))
        }
        let units = open.units(of: check.participant)
        let weight = EffectiveWeight.value(
            of: UpdateNorm(squared: squaredNorm, units: units), boundSquared: open.boundSquared,
            samples: statement.sampleCount)
        if let (reason, detail) = weightFault(weight, units, of: open) ?? chainFault(in: statement, check.participant) {
            return .failure(ContributionFault(reason, detail))
        }
        do {
            let entry = try ContributionAccepted(check.contribution, squaredNorm: squaredNorm)
            return .success(
                (
                    entry,
                    AcceptedContribution(
                        ticket: ticket, participant: check.participant, weight: weight, units: units,
                        squaredNorm: squaredNorm, sampleCount: statement.sampleCount, update: statement.update)
                ))
        } catch {
            return .failure(ContributionFault(.malformed, error.message))
        }
    }

    /// The sum is exact up to a total weight, and a round takes so many units; what would pass either is refused.
    private func weightFault(_ weight: UInt64, _ units: UInt32, of open: OpenRound) -> (RefusalReason, String)? {
        guard open.acceptedWeight + weight <= LedgerLimits.totalWeight else {
            return (.badSampleCount, "the round's total weight would pass \(LedgerLimits.totalWeight)")
        }
        guard open.acceptedUnits + UInt64(units) <= Units.roundTotal else {
            return (.roundFull, "the round's units would pass \(Units.roundTotal)")
        }
        return nil
    }

    /// Statements form one chain over all tasks of a ledger: another task may have taken one meanwhile.
    private func chainFault(
        in statement: ContributionStatement, _ participant: ParticipantNumber
    ) -> (RefusalReason, String)? {
        guard statement.previousContribution == lastStatements[participant] ?? .zero else {
            return (.malformed, "does not follow the participant's last accepted contribution")
        }
        return nil
    }

    /// Most examples that a statement may claim: the task's cap where claims count as weights.
    private var largestSampleCount: UInt64 {
        let cap = plan.terms.samplesCap
        return plan.terms.weighting == .claimed && cap > 0 ? cap : UInt64(FederationLimits.sampleCount)
    }

    private static func duplicateDetail(_ participant: ParticipantNumber, _ open: OpenRound) -> String {
        "participant \(participant)'s contribution to round \(open.number) is in already"
    }

    /// The first thing wrong with a statement for the open round, or nil.
    private func fault(
        in statement: ContributionStatement,
        of open: OpenRound,
        _ nowMs: UInt64
    ) -> (RefusalReason, String)? {
        guard statement.task == plan.task else { return (.wrongTask, "the task is \(plan.task)") }
        guard let participant = participants[statement.participantKey] else {
            return (.unknownParticipant, "\(statement.participantKey.did) is not registered")
        }
        guard open.cohort.contains(participant) else {
            return (.notInvited, "participant \(participant) is not in the cohort of round \(open.number)")
        }
        guard open.accepted[participant] == nil else {
            return (.duplicate, Self.duplicateDetail(participant, open))
        }
        guard nowMs <= open.deadlineMs, !open.isClosing else {
            return (.late, "came \(nowMs - min(nowMs, open.deadlineMs)) ms after the deadline")
        }
        guard statement.baseModel == open.baseModel else {
            return (.wrongBaseModel, "trained from \(statement.baseModel), not from \(open.baseModel)")
        }
        guard statement.configuration == plan.task else {
            return (.wrongConfiguration, "trained under configuration \(statement.configuration)")
        }
        guard statement.parameterCount == plan.parameterCount else {
            return (.badShape, "\(statement.parameterCount) parameters; the model has \(plan.parameterCount)")
        }
        guard (1...largestSampleCount).contains(statement.sampleCount) else {
            return (.badSampleCount, "\(statement.sampleCount) examples; 1 to \(largestSampleCount) are taken")
        }
        guard statement.possession != nil else {
            return (.malformed, "the statement has no proof of possession (field 13)")
        }
        guard !open.acceptedUpdates.contains(statement.update) else {
            return (.copied, "another participant's update in round \(open.number) has these very bytes")
        }
        if let fault = chainFault(in: statement, participant) { return fault }
        guard open.pending.count < FederationLimits.checksInFlight else {
            return (.roundFull, "\(open.pending.count) contributions are being checked already; send it again later")
        }
        return nil
    }

    /// Why a statement that is not for an open round does not count.
    private func reasonOutOfTurn(_ statement: ContributionStatement, _ nowMs: UInt64) -> RefusalReason {
        guard case .aggregating(let open) = phase, open.number == statement.round else { return .staleRound }
        if let participant = participants[statement.participantKey], open.accepted[participant] != nil {
            return .duplicate
        }
        return open.isClosing || nowMs > open.deadlineMs ? .late : .roundFull
    }

    mutating func refuse(
        _ ticket: UInt64,
        _ check: OpenRound.PendingCheck,
        _ reason: RefusalReason,
        _ detail: String
    ) -> [RoundEffect] {
        refuse(ticket, check.statement, check.contribution.statementBytes, reason, detail)
    }

    /// Refuses a contribution; writes it to the ledger unless that key has had its share of entries this round.
    private mutating func refuse(
        _ ticket: UInt64,
        _ statement: ContributionStatement?,
        _ bytes: [UInt8],
        _ reason: RefusalReason,
        _ detail: String
    ) -> [RoundEffect] {
        let known = statement.flatMap { participants[$0.participantKey] == nil ? nil : $0.participantKey }
        let recorded = recordedRefusals[known, default: 0]
        recordedRefusals[known] = recorded + 1
        let refusal = RoundEffect.refuse(ticket: ticket, reason: reason, detail: detail)
        guard recorded < FederationLimits.recordedRefusalsPerRound else { return [refusal] }
        let entry = ContributionRefused(
            task: plan.task,
            round: statement?.round ?? 0,
            participantKey: statement?.participantKey,
            reason: reason,
            detail: String(String.UnicodeScalarView(detail.unicodeScalars.prefix(LedgerLimits.detailByteCount / 4))),
            statementDigest: SHA256.hash(bytes)
        )
        return [.record(.contributionRefused(entry)), refusal]
    }
}
