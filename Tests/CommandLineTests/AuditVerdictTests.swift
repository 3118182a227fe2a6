import Foundation
import Testing

@Suite("tributary audit and its three verdicts")
struct AuditVerdictTests {
    @Test("A run that keeps no updates: 3, with what is missing, whose it was, the rounds and the tokens")
    func unverified() throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario + "updates: { retain: none }\n", to: "tiny.yaml")
        #expect(try program.run("simulate", "tiny.yaml").exitCode == 0)
        let text = try program.run("audit")
        #expect(text.exitCode == 3, "\(text.output)")
        for words in [
            "UNVERIFIED    updates (rounds 1 to 2); to keep by nobody: the task's file says retain: none",
            "taken as recorded: rounds 1 to 2", "audit: UNVERIFIED, 2 of 2 rounds and ", "paid rest on what is not",
        ] { #expect(text.output.contains(words), "\(words): \(text.output)") }
        #expect(text.errors == "")
        let object = try program.run("audit", "--json").json()
        #expect(object["ok"] as? Bool == false)
        #expect((object["error"] as? [String: Any])?["code"] as? String == "auditUnverified")
        let data = try #require(object["data"] as? [String: Any])
        #expect(data["verdict"] as? String == "unverified" && data["clean"] as? Bool == false)
        let gap = try #require((data["gaps"] as? [[String: Any]])?.first)
        #expect(gap["rounds"] as? [Int] == [1, 2])
        #expect(gap["units"] as? Int == data["rewarded"] as? Int)
        #expect(data["unverified"] as? Int == data["rewarded"] as? Int)
    }

    @Test("A ledger and its checkpoint alone: 3, judged as that")
    func ledgerAlone() throws {
        let program = try Program()
        try program.simulateTiny()
        let run = try #require(program.folder.run)
        let part = program.folder.url.appendingPathComponent("part")
        try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
        for name in ["ledger.sqlite", "checkpoint"] {
            try FileManager.default.copyItem(
                at: run.appendingPathComponent(name), to: part.appendingPathComponent(name))
        }
        let text = try program.run("audit", "./part")
        #expect(text.exitCode == 3, "\(text.output)")
        #expect(text.output.hasPrefix("ledger alone  part\n"))
        #expect(!text.output.contains("FAULT"))
    }

    @Test("A folder without its ledger: 66, since nothing is there to be accused of")
    func noLedger() throws {
        let program = try Program()
        try program.simulateTiny()
        try FileManager.default.removeItem(at: try #require(program.folder.run).appendingPathComponent("ledger.sqlite"))
        #expect(try program.run("audit").exitCode == 66)
    }

    @Test("A coordinator that was killed before it ever stopped is not accused")
    func killedBeforeTheFirstStop() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        coordinator.end(SIGKILL)
        let audit = try program.run("audit", "coordinator")
        #expect([0, 3].contains(audit.exitCode), "\(audit.output)")
        #expect(!audit.output.contains("FAULT"))
        #expect(try program.run("ledger", "verify", "coordinator").exitCode == 0)
    }
}
