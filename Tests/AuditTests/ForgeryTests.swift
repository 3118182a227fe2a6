import Attestation
import Audit
import Foundation
import Ledger
import Runs
import Simulation
import Testing

@Suite("Audits of ledgers that their coordinator forged")
struct ForgeryTests {
    /// Forges a run in one place, carries on by the rules, and says what the audit finds and where the forged entry is.
    private func audit(
        _ change: @escaping (EntryBody) throws -> EntryBody?, scenario: String = AuditRoom.scenario()
    ) throws -> (faults: [AuditFault], forged: AuditFault.Place, run: ForgedRun) {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run(scenario), in: room)
        var forged: EntryBody?
        try run.rewrite { body in
            guard forged == nil, let other = try change(body) else { return body }
            forged = other
            return other
        }
        let place = try #require(try run.place { $0 == forged })
        return (try run.folder.audited().faults, place, run)
    }

    /// Forges a run in one place as no rule allows, and says what the audit finds first and where the forged entry is.
    private func spliced(
        _ change: @escaping (EntryBody) throws -> EntryBody?, scenario: String = AuditRoom.scenario()
    ) throws -> (fault: AuditFault, forged: AuditFault.Place, run: ForgedRun) {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run(scenario), in: room)
        var forged: EntryBody?
        try run.splice { body in
            guard forged == nil, let other = try change(body) else { return body }
            forged = other
            return other
        }
        let place = try #require(try run.place { $0 == forged })
        return (try #require(try run.folder.audited().faults.first), place, run)
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

    // MARK: - Rounds

    @Test("A wrong sum of the updates: the seal is named, and what the updates sum to")
    func aggregate() throws {
        let (faults, forged, _) = try audit { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 2 else { return nil }
            return .roundSealed(sealed.with(aggregate: .some(.zero)))
        }
        #expect(faults.map(\.place) == [forged])
        #expect(faults[0].reason.contains("sum to"))
    }

    @Test("A model that the updates do not give: the seal is named first, then the model file")
    func model() throws {
        let wrong = SHA256.hash(Array("wrong".utf8))
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        try run.rewrite { body in
            switch body {
            case .roundSealed(let sealed) where sealed.round == 3: .roundSealed(sealed.with(model: wrong))
            case .taskClosed(let closed): .taskClosed(closed.with(model: wrong))
            default: body
            }
        }
        let seal = try #require(
            try run.place { if case .roundSealed(let sealed) = $0 { sealed.round == 3 } else { false } })
        let faults = try run.folder.audited().faults
        #expect(faults.map(\.place) == [seal, .file("model.safetensors")])
        #expect(faults[0].reason.contains("the average gives the model"))
    }

    @Test("A final model that was replaced, in a folder that was signed again: its file is named")
    func finalModel() throws {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        let earlier = try #require(
            try run.replayed().compactMap {
                if case .roundSealed(let sealed) = $0.body, sealed.round == 2 { sealed.model } else { nil }
            }.first)
        let other = run.folder.url.appendingPathComponent("models/\(earlier.hex).safetensors")
        try Data(contentsOf: other).write(to: run.folder.model)
        try run.folder.signManifest(run.federation)
        let faults = try run.folder.audited().faults
        #expect(faults.map(\.place) == [.file("model.safetensors")])
        #expect(faults[0].reason.contains(earlier.hex))
    }

    @Test("A server's momentum that the rounds do not give: the seal is named")
    func momentum() throws {
        let (faults, forged, _) = try audit { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 3 else { return nil }
            return .roundSealed(sealed.with(serverState: .some(.zero)))
        }
        #expect(faults.map(\.place) == [forged])
        #expect(faults[0].reason.contains("momentum"))
    }

    @Test("A flattering accuracy, loss or score gap, committed to and revealed: the seal is named", arguments: 0..<5)
    func metrics(figure: Int) throws {
        let (faults, _, run) = try audit { body in
            guard case .roundRevealed(let revealed) = body, revealed.round == 1 else { return nil }
            let step: Int64 = figure == 1 || figure == 3 ? -1 : 1
            return .roundRevealed(
                RoundRevealed(
                    task: revealed.task, round: revealed.round, salt: revealed.salt,
                    metrics: revealed.metrics.with(figure: figure, changedBy: step)))
        }
        let seal = try #require(
            try run.place { if case .roundSealed(let sealed) = $0 { sealed.round == 1 } else { false } })
        #expect(faults.map(\.place) == [seal])
        #expect(faults[0].reason.contains("metrics"))
    }

    @Test("Figures in a seal that the revealed ones do not round to: the reveal is named")
    func roundedMetrics() throws {
        for (figure, step) in [(0, 100_000_000_000), (2, 10_000)] as [(Int, Int64)] {
            let (fault, _, run) = try spliced { body in
                guard case .roundSealed(let sealed) = body, sealed.round == 2, let metrics = sealed.metrics else {
                    return nil
                }
                return .roundSealed(sealed.with(metrics: .some(metrics.with(figure: figure, changedBy: step))))
            }
            let reveal = try #require(
                try run.place { if case .roundRevealed(let revealed) = $0 { revealed.round == 2 } else { false } })
            #expect(fault.place == reveal, "\(fault)")
            #expect(fault.reason.contains("round to"))
        }
    }

    @Test("Exact figures in a seal whose scores are withheld: the seal is named", arguments: [0, 2, 4])
    func exactMetrics(figure: Int) throws {
        let (fault, forged, _) = try spliced { body in
            guard case .roundSealed(let sealed) = body, sealed.round == 2, let metrics = sealed.metrics else {
                return nil
            }
            return .roundSealed(sealed.with(metrics: .some(metrics.with(figure: figure, changedBy: 1))))
        }
        #expect(fault.place == forged, "\(fault)")
        #expect(fault.reason.contains("exact metrics"), "\(fault)")
    }

    // MARK: - Scores and pay

    @Test("Other scores than the seal committed to, signed again: the scores are named")
    func committedScores() throws {
        let (fault, forged, _) = try spliced { body in
            guard case .scores(let scores) = body, scores.round == 2 else { return nil }
            return .scores(scores.with(1, novel: 1))
        }
        #expect(fault.place == forged)
        #expect(fault.reason.contains("committed to"))
    }

    @Test("One unit more for one participant, committed to and paid out: the scores are named, and whose it is")
    func score() throws {
        for isNovel in [true, false] {
            let (faults, forged, _) = try audit { body in
                guard case .scores(let scores) = body, scores.round == 2 else { return nil }
                return .scores(scores.with(1, full: isNovel ? 0 : 1, novel: isNovel ? 1 : 0))
            }
            #expect(faults.map(\.place) == [forged])
            #expect(faults[0].reason.contains("participant 1's score"))
        }
    }

    @Test("Scores that were shown while the task ran are computed again as well")
    func liveScore() throws {
        let (faults, forged, _) = try audit(
            { body in
                guard case .scores(let scores) = body, scores.round == 2 else { return nil }
                return .scores(scores.with(0, full: -1))
            }, scenario: AuditRoom.scenario(trust: "known", more: "disclosure: live"))
        #expect(faults.map(\.place) == [forged])
    }

    @Test("A salt that the task's secret does not give: the reveal is named")
    func salt() throws {
        let (faults, forged, _) = try audit { body in
            guard case .roundRevealed(let revealed) = body, revealed.round == 2 else { return nil }
            return .roundRevealed(
                RoundRevealed(
                    task: revealed.task, round: revealed.round, salt: .zero, metrics: revealed.metrics))
        }
        #expect(faults.map(\.place) == [forged])
        #expect(faults[0].reason.contains("salt"))
    }

    @Test("A settlement that is one unit off, in any of its figures: it is named", arguments: 0..<5)
    func settlement(figure: Int) throws {
        let (fault, forged, _) = try spliced { body in
            guard case .taskSettled(let settled) = body else { return nil }
            return .taskSettled(
                TaskSettled(
                    task: settled.task, lossBefore: settled.lossBefore + (figure == 0 ? 1 : 0),
                    lossAfter: settled.lossAfter + (figure == 1 ? 1 : 0), pool: settled.pool + (figure == 2 ? 1 : 0),
                    payable: settled.payable + (figure == 3 ? 1 : 0), paid: settled.paid + (figure == 4 ? 1 : 0)))
        }
        #expect(fault.place == forged)
        #expect(fault.reason.contains("settlement"), "\(fault)")
    }

    @Test("A payment that the rules do not give: the transfer is named", arguments: [Transfer.Kind.reward, .burn])
    func payment(kind: Transfer.Kind) throws {
        let (fault, forged, _) = try spliced { body in
            guard case .transfer(let transfer) = body, transfer.kind == kind else { return nil }
            return .transfer(
                Transfer(
                    kind: kind, debit: transfer.debit, credit: transfer.credit, amount: transfer.amount - 1,
                    task: transfer.task, period: transfer.period))
        }
        #expect(fault.place == forged)
    }

    // MARK: - The task's opening and end

    @Test("Other terms, quorum or grid than the task's file: the task is named; and the start follows no more")
    func opening() throws {
        let rules: [(TaskOpened) -> TaskOpened] = [
            { $0.with(terms: $0.terms?.with(trust: .known)) }, { $0.with(terms: $0.terms?.with(pool: 31_000_000)) },
            { $0.with(terms: $0.terms?.with(targetDrop: 1)) }, { $0.with(terms: $0.terms?.with(roundCount: 4)) },
            { $0.with(terms: $0.terms?.with(closeByMs: ($0.terms?.closeByMs ?? 0) + 1)) },
            { $0.with(quorum: 1) }, { $0.with(grid: 23) },
            { $0.with(terms: $0.terms?.with(bound: ($0.terms?.normBoundSquared ?? 0) + 1)) },
        ]
        for rule in rules {
            let (faults, forged, run) = try audit { body in
                guard case .taskOpened(let opened) = body else { return nil }
                return .taskOpened(rule(opened))
            }
            let first = try #require(try run.place { if case .roundOpened = $0 { true } else { false } })
            #expect(faults.first?.place == forged, "\(faults)")
            #expect(faults.first?.reason.contains("task's file") ?? false)
            #expect(faults.last?.place == first, "\(faults)")
            #expect(faults.last?.reason.contains("ledger's root") ?? false)
        }
    }

    @Test("The bound on updates is the one that the revealed validation set gives")
    func termsBound() throws {
        let (faults, _, _) = try audit { body in
            guard case .taskOpened(let opened) = body, let terms = opened.terms else { return nil }
            return .taskOpened(opened.with(terms: terms.with(bound: 1 << 60)))
        }
        #expect(faults.first?.reason.contains("bound on the length of updates") ?? false, "\(faults)")
    }

    @Test("A first model that does not follow from the entries before it: the first round's opening is named")
    func initialModel() throws {
        let (faults, _, run) = try audit { body in
            guard case .participantRegistered(let registered) = body else { return nil }
            return .participantRegistered(
                ParticipantRegistered(publicKey: registered.publicKey, label: "other", units: registered.units))
        }
        let first = try #require(try run.place { if case .roundOpened = $0 { true } else { false } })
        #expect(faults.map(\.place) == [first], "\(faults)")
        #expect(faults[0].reason.contains("the initial model is not the one that the ledger's root gives"))
    }

    @Test("A secret that the task did not commit to: the close is named")
    func secret() throws {
        let (fault, forged, _) = try spliced { body in
            guard case .taskClosed(let closed) = body else { return nil }
            return .taskClosed(closed.with(secret: TaskSecret(.zero)))
        }
        #expect(fault.place == forged)
        #expect(fault.reason.contains("committed to"))
    }

    @Test("A task that is completed early without the accuracy that its file asks for: the close is named")
    func earlyEnd() throws {
        let room = try AuditRoom()
        let run = try ForgedRun(
            try room.run(AuditRoom.scenario(trust: "known", reward: "score: none", more: "stop: { accuracy: 0.99 }")))
        // What the third round left goes, as if there had been two.
        var over = false
        var second: Digest?
        try run.rewriteAll { body in
            if case .roundSealed(let sealed) = body, sealed.round == 2 { second = sealed.model }
            if case .roundOpened(let opened) = body, opened.round == 3 { over = true }
            guard over else { return [body] }
            guard case .taskClosed(let closed) = body, let second else { return [] }
            return [
                .taskClosed(
                    TaskClosed(
                        task: closed.task, rounds: 2, model: second, reason: .completed, secret: closed.secret))
            ]
        }
        let close = try #require(try run.place { if case .taskClosed = $0 { true } else { false } })
        let faults = try run.folder.audited().faults
        #expect(faults.map(\.place) == [close, .file("model.safetensors")], "\(faults)")
        #expect(faults.first?.reason.contains("accuracy") ?? false)
    }

    // MARK: - Contributions, weights and cohorts

    @Test("A cohort that the seed did not draw: the round's opening is named")
    func cohort() throws {
        let scenario = AuditRoom.scenario(cohort: "size: 2, quorum: 1, deadline_s: 60", trust: "known")
        let (faults, forged, _) = try audit(
            { body in
                guard case .roundOpened(let opened) = body, opened.round == 1 else { return nil }
                return .roundOpened(opened.with(cohort: [0, 1, 2, 3]))
            }, scenario: scenario)
        #expect(faults.map(\.place) == [forged])
        #expect(faults.first?.reason.contains("cohort") ?? false)
    }

    @Test("Under trust open, a cohort that leaves somebody out: the round's opening is named")
    func openCohort() throws {
        let (faults, forged, _) = try audit(
            { body in
                guard case .roundOpened(let opened) = body, opened.round == 1 else { return nil }
                return .roundOpened(opened.with(cohort: [0, 1, 2]))
            }, scenario: AuditRoom.scenario(participants: "{ kind: honest, count: 3 }, { kind: late, count: 1 }"))
        #expect(faults.map(\.place) == [forged], "\(faults)")
        #expect(faults.first?.reason.contains("cohort") ?? false)
    }

    @Test("A contribution that its participant never signed: the entry is named")
    func signature() throws {
        let (faults, forged, _) = try audit { body in
            guard case .contributionAccepted(let accepted) = body, accepted.statement.round == 2 else { return nil }
            var signature = accepted.contribution.signature
            signature[10] ^= 1
            return .contributionAccepted(
                try ContributionAccepted(
                    SignedContribution(statementBytes: accepted.contribution.statementBytes, signature: signature),
                    squaredNorm: accepted.squaredNorm))
        }
        #expect(faults.first?.place == forged)
        #expect(faults.first?.reason.contains("signed") ?? false, "\(faults)")
    }

    @Test("An update whose squared norm is another: the entry is named, and what it is")
    func squaredNorm() throws {
        let (faults, forged, _) = try audit { body in
            guard case .contributionAccepted(let accepted) = body, accepted.statement.round == 3,
                let norm = accepted.squaredNorm
            else { return nil }
            return .contributionAccepted(try ContributionAccepted(accepted.contribution, squaredNorm: norm + 1))
        }
        #expect(faults.map(\.place) == [forged], "\(faults)")
        #expect(faults.first?.reason.contains("squared norm") ?? false)
    }

    @Test("A sender that does not show that it had the update's bytes: the entry is named")
    func possession() throws {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        let keys = Dictionary(
            uniqueKeysWithValues: run.federation.participants.map { ($0.key.publicKey, $0.key) })
        var forged: EntryBody?
        try run.rewrite { body in
            guard forged == nil, case .contributionAccepted(let accepted) = body, accepted.statement.round == 3,
                let key = keys[accepted.statement.participantKey]
            else { return body }
            let said = accepted.statement
            let statement = ContributionStatement(
                task: said.task, round: said.round, participantKey: said.participantKey, baseModel: said.baseModel,
                configuration: said.configuration, update: said.update, parameterCount: said.parameterCount,
                sampleCount: said.sampleCount, stepCount: said.stepCount, nonce: said.nonce,
                previousContribution: said.previousContribution, ledgerRootSeen: said.ledgerRootSeen,
                possession: SHA256.hash(said.participantKey.bytes))
            let other = EntryBody.contributionAccepted(
                try ContributionAccepted(statement.signed(by: key), squaredNorm: accepted.squaredNorm))
            forged = other
            return other
        }
        let place = try #require(try run.place { $0 == forged })
        let faults = try run.folder.audited().faults
        #expect(faults.map(\.place) == [place], "\(faults)")
        #expect(faults.first?.reason.contains("possession") ?? false)
    }

    @Test("A round's bound that does not follow from the rounds before it: the opening is named")
    func bound() throws {
        for round in 1...3 as ClosedRange<UInt32> {
            let (fault, forged, _) = try spliced { body in
                guard case .roundOpened(let opened) = body, opened.round == round, let bound = opened.boundSquared
                else { return nil }
                return .roundOpened(opened.with(bound: .some(bound + 1)))
            }
            #expect(fault.place == forged, "\(fault)")
            #expect(fault.reason.contains("bound"), "\(fault)")
        }
    }

    @Test("Units that nobody was given: the first seal that they would change is named")
    func units() throws {
        let (fault, _, run) = try spliced { body in
            guard case .participantRegistered(let registered) = body else { return nil }
            return .participantRegistered(
                ParticipantRegistered(publicKey: registered.publicKey, label: registered.label, units: 8))
        }
        let seal = try #require(try run.place { if case .roundSealed = $0 { true } else { false } })
        #expect(fault.place == seal, "\(fault)")
    }

    @Test("Units assigned between two rounds that were averaged without them: the seal is named")
    func assignedUnits() throws {
        let room = try AuditRoom()
        let run = try ForgedRun(try room.run())
        try run.rewriteAll { body in
            guard case .roundOpened(let opened) = body, opened.round == 3 else { return [body] }
            return [.unitsAssigned(UnitsAssigned(participant: 0, units: 8, change: 0)), body]
        }
        let seal = try #require(
            try run.place { if case .roundSealed(let sealed) = $0 { sealed.round == 3 } else { false } })
        let faults = try run.folder.audited().faults
        #expect(faults.first?.place == seal, "\(faults)")
        #expect(faults.first?.reason.contains("sum to") ?? false)
    }
}
