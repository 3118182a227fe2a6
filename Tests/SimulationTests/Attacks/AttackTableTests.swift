import Ledger
import Simulation
import Testing

@Suite("The verdicts of the table of attacks")
struct AttackTableTests {
    private static let open = AttackSetting(trust: .open, honestCount: 5)

    private static func outcome(
        _ share: Double = 0, accuracy: Double = 0.95, accepted: Int = 20, refused: Int = 0
    ) -> AttackOutcome {
        AttackOutcome(share: share, accuracy: accuracy, accepted: accepted, refused: refused, honestSpread: 0.1)
    }

    private static func line(
        _ name: String, _ outcomes: [AttackOutcome], controls: [AttackOutcome] = [],
        setting: AttackSetting = AttackTableTests.open
    ) throws -> AttackLine {
        let row = try #require(AttackCatalogue.rows.first { $0.name == name })
        return AttackLine(setting: setting, row: row, outcomes: outcomes, controls: controls)
    }

    @Test("Pay up to the threshold holds, and pay above it does not, by its mean over the seeds")
    func pay() throws {
        let at = try Self.line("noise", [Self.outcome(0.35)])
        #expect(at.broken.isEmpty && at.claim == "≤ 0.35")
        #expect(try Self.line("noise", [Self.outcome(0.36)]).broken == ["pay"])
        #expect(try Self.line("noise", [Self.outcome(0.5), Self.outcome(0.125)]).broken.isEmpty)
        #expect(try Self.line("replay of the last step", [Self.outcome(0.06)]).broken == ["pay"])
    }

    @Test("Under trust known pay is measured, and no threshold is claimed")
    func known() throws {
        let setting = AttackSetting(trust: .known, honestCount: 5)
        let line = try Self.line("replay of the last step", [Self.outcome(5)], setting: setting)
        #expect(line.broken.isEmpty && line.claim == "measured")
    }

    @Test("One attacker leaves the model its accuracy where data are alike")
    func accuracy() throws {
        let worse = [Self.outcome(accuracy: 0.89)]
        #expect(try Self.line("noise", worse).broken == ["accuracy"])
        #expect(try Self.line("five keys of noise", worse).broken.isEmpty, "no floor is claimed of five keys")
        let skewed = AttackSetting(trust: .open, honestCount: 5, alpha: 0.5)
        #expect(try Self.line("noise", worse, setting: skewed).broken.isEmpty)
    }

    @Test("A row that claims refusal needs one in each trial, and no acceptance")
    func refused() throws {
        let name = "copy of another's update"
        let held = Self.outcome(accepted: 0, refused: 20)
        #expect(try Self.line(name, [held, held]).broken.isEmpty)
        #expect(try Self.line(name, [held, Self.outcome(accepted: 1, refused: 19)]).broken == ["accepted"])
        #expect(try Self.line(name, [held, Self.outcome(accepted: 0)]).broken == ["none refused"])
    }

    @Test("What inflates honest work is divided by what the same key earns honestly; its spread is not")
    func control() throws {
        let name = "honest update, 3 times"
        let outcomes = [Self.outcome(1.5), Self.outcome(1.7)]
        let line = try Self.line(name, outcomes, controls: [Self.outcome(1.1), Self.outcome(1.3)])
        #expect(abs(line.share - 1.6 / 1.2) < 1e-12)
        #expect(abs(line.shareSpread - 0.1) < 1e-12)
        #expect(line.broken.isEmpty, "4/3 of a share is within 1.35")
        #expect(try Self.line(name, outcomes).broken == ["pay"])
        let unpaid = try Self.line(name, outcomes, controls: [Self.outcome(0)])
        #expect(abs(unpaid.share - 1.6) < 1e-12, "nothing is divided by nothing")
    }

    @Test("Without attackers the model loses at most a point of accuracy against plain averaging")
    func plain() {
        func line(_ plain: [AttackOutcome]) -> AttackLine {
            AttackLine(setting: Self.open, row: nil, outcomes: [Self.outcome()], plain: plain)
        }
        #expect(line([Self.outcome(accuracy: 0.955)]).broken.isEmpty)
        #expect(line([Self.outcome(accuracy: 0.97)]).broken == ["accuracy"])
        #expect(line([]).accuracyLost == nil && line([]).broken.isEmpty)
        #expect(line([]).name == "no attacker")
    }
}
