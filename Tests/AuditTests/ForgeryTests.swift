import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Testing

@Suite("Audits of ledgers that their coordinator forged")
struct ForgeryTests {
    /// Forges a run in one place and says what the audit finds, and where the forged entry is.
    private func audit(
        _ change: @escaping (EntryBody) throws -> EntryBody?, scenario: String = AuditRoom.scenario()
    ) throws -> (faults: [AuditFault], forged: UInt64) {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run(scenario))
        var forged: EntryBody?
        try run.rewrite { body in
            guard forged == nil, let other = try change(body) else { return body }
            forged = other
            return other
        }
        let place = try run.replayed().first { $0.body == forged }?.sequence
        return (try run.folder.audited().faults, try #require(place))
    }

    @Test("A ledger that is written again unchanged is clean")
    func unchanged() throws {
        let room = try AuditRoom()
        let folder = try room.run()
        let root = try folder.audited().root
        try ForgedRun(folder).rewrite { $0 }
        let report = try folder.audited()
        #expect(report.faults == [])
        #expect(report.root == root)
    }

    @Test("A wrong sum of the updates: the seal is named, and what the updates sum to")
    func aggregate() throws {
        let (faults, forged) = try audit { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 2 else { return nil }
            return .roundSealed(sealed.with(aggregate: .some(.zero)))
        }
        #expect(faults.map(\.place) == [.entry(forged)])
        #expect(faults[0].reason.contains("sum to"))
    }

    @Test("A wrong model after the last round: the seal is named first, then the model file")
    func model() throws {
        let wrong = SHA256.hash(Array("wrong".utf8))
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        try run.rewrite { body in
            switch body {
            case .roundSealed(let sealed) where sealed.round == 3: .roundSealed(sealed.with(model: wrong))
            case .taskClosed(let closed):
                .taskClosed(TaskClosed(task: closed.task, rounds: closed.rounds, model: wrong))
            default: body
            }
        }
        let seals = try run.replayed().filter { if case .roundSealed = $0.body { true } else { false } }
        let faults = try run.folder.audited().faults
        #expect(faults.map(\.place) == [.entry(seals[2].sequence), .file("model.safetensors")])
        #expect(faults[0].reason.contains("the average gives the model"))
    }

    @Test("A flattering accuracy, loss or score gap: the seal is named", arguments: 0..<5)
    func metrics(figure: Int) throws {
        let (faults, forged) = try audit { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 1, let true_ = sealed.metrics else {
                return nil
            }
            let metrics = RoundMetrics(
                validationLossBefore: true_.validationLossBefore + (figure == 0 ? 1 : 0),
                validationLossAfter: true_.validationLossAfter - (figure == 1 ? 1 : 0),
                testAccuracyPpm: true_.testAccuracyPpm + (figure == 2 ? 1 : 0),
                testLoss: true_.testLoss - (figure == 3 ? 1 : 0),
                scoreGap: true_.scoreGap + (figure == 4 ? 1 : 0))
            return .roundSealed(sealed.with(metrics: metrics))
        }
        #expect(faults.map(\.place) == [.entry(forged)])
        #expect(faults[0].reason.contains("metrics"))
    }

    @Test("One unit more for one participant, paid out by the rules: the scores are named, and whose it is")
    func score() throws {
        for isNovel in [true, false] {
            let (faults, forged) = try audit { body in
                guard case .scores(let scores) = body, scores.round == 2 else { return nil }
                let forged = scores.scores.map { score in
                    ContributionScore(
                        participant: score.participant,
                        full: score.full + (score.participant == 1 && !isNovel ? 1 : 0),
                        novel: score.novel + (score.participant == 1 && isNovel ? 1 : 0), samples: score.samples)
                }
                return .scores(RoundScores(task: scores.task, round: scores.round, scores: forged))
            }
            #expect(faults.map(\.place) == [.entry(forged)])
            #expect(faults[0].reason.contains("participant 1's score"))
        }
    }

    @Test("Another pay rule, quorum or grid than the task's file: the task is named")
    func opening() throws {
        let rules: [(TaskOpened) -> TaskOpened] = [
            { $0.with(reward: RewardRule(score: .path, poolPerRound: 10_000_000, epochRounds: 2)) },
            { $0.with(reward: RewardRule(score: .pathNovel, poolPerRound: 11_000_000, epochRounds: 2)) },
            { $0.with(quorum: 1) },
            { $0.with(grid: 23) },
        ]
        for rule in rules {
            let (faults, forged) = try audit { body in
                guard case .taskOpened(let opened) = body else { return nil }
                return .taskOpened(rule(opened))
            }
            #expect(faults.map(\.place) == [.entry(forged)], "\(faults)")
            #expect(faults.first?.reason.contains("task's file") ?? false)
        }
    }

    @Test("A cohort that the seed did not draw: the round's opening is named")
    func cohort() throws {
        let scenario = AuditRoom.scenario(cohort: "size: 2, quorum: 1, deadline_s: 60")
        let (faults, forged) = try audit(
            { body in
                guard case .roundOpened(let opened) = body, opened.round == 1 else { return nil }
                return .roundOpened(opened.with(cohort: [0, 1, 2, 3]))
            }, scenario: scenario)
        #expect(faults.map(\.place) == [.entry(forged)])
        #expect(faults.first?.reason.contains("cohort") ?? false)
    }

    @Test("A contribution that its participant never signed: the entry is named")
    func signature() throws {
        let (faults, forged) = try audit { body in
            guard case .contributionAccepted(let accepted) = body, accepted.statement.round == 2 else { return nil }
            var signature = accepted.contribution.signature
            signature[10] ^= 1
            return .contributionAccepted(
                try ContributionAccepted(
                    SignedContribution(
                        statementBytes: accepted.contribution.statementBytes, signature: signature)))
        }
        #expect(faults.first?.place == .entry(forged))
        #expect(faults.first?.reason.contains("signed") ?? false, "\(faults)")
    }

    @Test("A payment that the rules do not give: the transfer is named")
    func payment() throws {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        var isForged = false
        try run.splice { body in
            guard !isForged, case .transfer(let transfer) = body, transfer.kind == .reward else { return body }
            isForged = true
            return .transfer(
                Transfer(
                    kind: .reward, debit: transfer.debit, credit: transfer.credit, amount: transfer.amount + 1,
                    task: transfer.task, period: transfer.period))
        }
        let entries = try SQLiteLedgerStore(path: run.folder.ledger.path, access: .readOnly).entries(in: 0..<1_000)
        let place = try entries.firstIndex { stored in
            if case .transfer(let transfer) = try EncodedEntry(decoding: stored.bytes).entry.body {
                return transfer.kind == .reward
            }
            return false
        }
        let faults = try run.folder.audited().faults
        #expect(faults.first?.place == .entry(UInt64(try #require(place))), "\(faults)")
    }
}

extension RoundSealed {
    /// The same with something else in one place.
    fileprivate func with(aggregate: Digest?? = nil, model: Digest? = nil, metrics: RoundMetrics? = nil) -> RoundSealed
    {
        RoundSealed(
            task: task, round: round, outcome: outcome, accepted: accepted, totalWeight: totalWeight,
            aggregate: aggregate ?? self.aggregate, model: model ?? self.model, serverState: serverState,
            metrics: metrics ?? self.metrics)
    }
}

extension TaskOpened {
    /// The same with something else in one place.
    fileprivate func with(reward: RewardRule? = nil, quorum: UInt32? = nil, grid: UInt32? = nil) -> TaskOpened {
        TaskOpened(
            task: task, configuration: configuration, initialModel: initialModel, parameterCount: parameterCount,
            gridFractionBits: grid ?? gridFractionBits, validationRoot: validationRoot,
            reward: reward ?? self.reward, quorum: quorum ?? self.quorum)
    }
}

extension RoundOpened {
    /// The same with another cohort.
    fileprivate func with(cohort: [ParticipantNumber]) -> RoundOpened {
        RoundOpened(task: task, round: round, baseModel: baseModel, deadlineMs: deadlineMs, cohort: cohort)
    }
}
