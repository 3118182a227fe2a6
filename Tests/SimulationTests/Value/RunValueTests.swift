import Audit
import Foundation
import Runs
import Simulation
import Testing

@Suite("The value of a run")
struct RunValueTests {
    private static func scenario(
        _ participants: [String] = ["kind: honest, count: 3"], count: Int = 3, trust: String = "known",
        more: String = ""
    ) -> String {
        """
        name: valued
        seed: 3
        rounds: 3
        data: { source: digits, validation: 60, test: 60 }
        model: { hidden: [] }
        training: { epochs: 1, batch: 20, learning_rate: 0.05 }
        cohort: { size: \(count), quorum: 1, deadline_s: 60 }
        trust: \(trust)
        reward: { score: value, pool: "100", target_drop: 2 }
        participants:
        \(participants.map { "  - { \($0) }" }.joined(separator: "\n"))
        \(more)

        """
    }

    private static func value(_ run: RunRoom.Run, isExact: Bool = true, threads: Int = 2) throws -> RunValuation {
        try RunValuer(folder: run.folder, options: Auditor.Options(threads: threads)).value(isExact: isExact)
    }

    private static func code(_ body: () throws -> Void) -> AuditError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? AuditError)?.code
        }
    }

    @Test("Both games share out the whole fall of the validation loss", arguments: ["known", "open"])
    func efficiency(trust: String) throws {
        let room = try RunRoom()
        let run = try room.run(Self.scenario(trust: trust))
        let valuation = try Self.value(run)
        let retraining = try #require(valuation.retraining)
        let first = try #require(run.summary.rounds.first?.validationLossBefore)
        let last = try #require(run.summary.rounds.last?.validationLossAfter)
        for game in [valuation.rounds, retraining] {
            #expect(abs(game.total - (first - last)) < 1e-9)
            #expect(abs(game.shapley.reduce(0, +) - game.total) < 1e-9)
        }
        #expect(valuation.participants.map(\.paid).reduce(0, +) == run.summary.paidTotal)
        #expect(abs(valuation.participants.map(\.paidShare).reduce(0, +) - 1) < 1e-12)
        #expect(valuation.participants.map(\.label) == ["honest-01", "honest-02", "honest-03"])
    }

    @Test("Under known trust the pay is the round-by-round value, and the threads change nothing")
    func agreement() throws {
        let room = try RunRoom()
        let run = try room.run(Self.scenario(["kind: honest, count: 3", "kind: few-examples, count: 1"], count: 4))
        let one = try Self.value(run, threads: 1)
        let two = try Self.value(run, threads: 2)
        #expect(one.rounds == two.rounds)
        #expect(one.retraining == two.retraining)
        #expect(try #require(one.rounds.agreement.correlation) > 0.99)
        #expect(try #require(one.rounds.agreement.misplacedShare) < 0.02)
    }

    @Test("Who sends zeros is worth nothing in either game, though it takes part in the average")
    func zeros() throws {
        let room = try RunRoom()
        let run = try room.run(Self.scenario(["kind: honest, count: 2", "kind: zero, count: 1"]))
        let valuation = try Self.value(run)
        #expect(valuation.rounds.shapley[2] == 0)
        #expect(valuation.rounds.leaveOneOut[2] == 0)
        // Alone it learns nothing; with others it holds the model back, as its units count.
        #expect(try #require(valuation.retraining).shapley[2] < 0)
    }

    @Test("Momentum and absence are repeated to the last bit")
    func repeated() throws {
        let room = try RunRoom()
        let run = try room.run(
            Self.scenario(
                ["kind: honest, count: 2", "kind: drop-out, count: 2, drop_out: 0.6", "kind: replay, count: 1"],
                count: 5, more: "server: { learning_rate: 0.8, momentum: 0.3 }"))
        #expect(try Self.value(run).retraining != nil)
    }

    @Test("What cannot be valued says why")
    func refusals() throws {
        let room = try RunRoom()
        let crowd = try room.run(Self.scenario(["kind: honest, count: 9"], count: 9))
        #expect(Self.code { _ = try Self.value(crowd) } == .tooManyParticipants)
        let lost = try room.run(Self.scenario(more: "updates: { retain: none }"))
        #expect(Self.code { _ = try Self.value(lost) } == .updatesNotKept)
        let idle = try room.run(Self.scenario(["kind: honest, count: 1", "kind: poison, count: 2"]))
        #expect(idle.summary.paidTotal == 0, "two of three push the loss up")
        #expect(Self.code { _ = try Self.value(idle) } == .nothingPaid)
        let (simulator, folder) = try room.simulator(Self.scenario(), isCancelled: { $0 == 1 })
        #expect(throws: SimulationError(.interrupted, "")) { try simulator.run() }
        let stopped = RunValuer(folder: folder, options: Auditor.Options(threads: 1))
        #expect(Self.code { _ = try stopped.value(isExact: false) } == .notClosed)
        let nowhere = RunValuer(
            folder: RunFolder(at: room.url.appendingPathComponent("nowhere")), options: Auditor.Options(threads: 1))
        #expect(Self.code { _ = try nowhere.value(isExact: false) } == .noLedger)
    }

    @Test("A missing update and another scenario than the run's are found")
    func tampering() throws {
        let room = try RunRoom()
        let run = try room.run(Self.scenario())
        let text = try String(contentsOf: run.folder.scenario, encoding: .utf8)
        try text.replacingOccurrences(of: "epochs: 1", with: "epochs: 2")
            .write(to: run.folder.scenario, atomically: true, encoding: .utf8)
        #expect(Self.code { _ = try Self.value(run) } == .notBuiltIn)
        #expect(try Self.value(run, isExact: false).retraining == nil)
        let round = run.folder.updates(ofRound: 2)
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: round.path).sorted().first)
        try FileManager.default.removeItem(at: round.appendingPathComponent(name))
        #expect(Self.code { _ = try Self.value(run, isExact: false) } == .updatesNotKept)
    }
}
