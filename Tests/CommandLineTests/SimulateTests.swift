import Foundation
import Testing

@Suite("tributary simulate")
struct SimulateTests {
    @Test("--json prints one object with everything a script wants to know")
    func json() throws {
        let program = try Program()
        let outcome = try program.simulateTiny()
        #expect(outcome.exitCode == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.count { $0 == "\n" } == 1)
        let object = try outcome.json()
        #expect(object["schema"] as? Int == 1)
        #expect(object["command"] as? String == "simulate")
        #expect(object["ok"] as? Bool == true)
        #expect(object["error"] == nil)
        let data = try outcome.data()
        #expect((data["run"] as? String)?.hasPrefix("tiny-") ?? false)
        #expect((data["rounds"] as? [Any])?.count == 2)
        #expect((data["accuracy"] as? Double ?? -1) > 0.1)
        #expect((data["loss"] as? Double ?? -1) > 0)
        #expect((data["model_digest"] as? String)?.count == 64)
        #expect((data["ledger_root"] as? String)?.count == 64)
        #expect((data["ledger_entries"] as? Int ?? 0) > 15)
        let paid = try #require(data["paid"] as? [String: Int])
        #expect(Set(paid.keys) == ["honest-01", "honest-02", "honest-03", "replay-01"])
        #expect(paid.values.reduce(0, +) == data["paid_total"] as? Int)
    }

    @Test("The flags take precedence over the file, and what they change is in the resolved scenario")
    func flags() throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario, to: "tiny.yaml")
        let one = try program.run("simulate", "tiny.yaml", "--seed", "9", "--rounds", "1", "--threads", "1", "--json")
            .data()
        #expect(one["seed"] as? Int == 9)
        #expect((one["rounds"] as? [Any])?.count == 1)
        let scenario = try String(
            contentsOf: try #require(program.folder.run).appendingPathComponent("scenario.yaml"), encoding: .utf8)
        #expect(scenario.contains("seed: 9\n"))
        #expect(scenario.contains("rounds: 1\n"))
        let two = try program.run("simulate", "tiny.yaml", "--seed", "9", "--rounds", "1", "--threads", "2", "--json")
            .data()
        #expect(one["ledger_root"] as? String == two["ledger_root"] as? String)
        let shuffled = try program.run(
            "simulate", "tiny.yaml", "--seed", "9", "--rounds", "1", "--arrival-seed", "3", "--json"
        ).data()
        #expect(one["model_digest"] as? String == shuffled["model_digest"] as? String)
        #expect(one["paid"] as? [String: Int] == shuffled["paid"] as? [String: Int])
    }

    @Test("For people: a line a round, who earned what, and what to do next; no escape codes in a file")
    func text() throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario, to: "tiny.yaml")
        let outcome = try program.run("simulate", "tiny.yaml", environment: ["TERM": "xterm-256color"])
        #expect(outcome.exitCode == 0)
        #expect(!outcome.output.contains("\u{1B}"))
        #expect(!outcome.errors.contains("\u{1B}"))
        for part in [
            "1 of 2", "2 of 2", "honest-01", "cheats", "accuracy", "learned", "mnat", "report",
            "tributary audit runs/tiny-",
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
    }

    @Test("On a terminal there are colours, unless NO_COLOR says no", arguments: [true, false])
    func colours(isPlain: Bool) throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario, to: "tiny.yaml")
        let terminal = try PseudoTerminal()
        let process = try program.start(
            ["simulate", "tiny.yaml"], output: terminal.program,
            environment: isPlain ? ["TERM": "xterm", "NO_COLOR": "1"] : ["TERM": "xterm"])
        let text = terminal.readAll()
        #expect(program.outcome(of: process).exitCode == 0)
        #expect(text.contains("honest-01"))
        #expect(text.contains("\u{1B}") == !isPlain)
    }

    @Test("Ctrl-C ends a run with 130 and leaves a ledger that verifies", .timeLimit(.minutes(10)))
    func interrupted() throws {
        for isJSON in [false, true] {
            let program = try Program()
            try program.folder.write(Program.tinyScenario, to: "tiny.yaml")
            let process = try program.start(
                ["simulate", "tiny.yaml", "--rounds", "60000"] + (isJSON ? ["--json"] : []))
            while program.folder.run.map({ Self.lineCount($0.appendingPathComponent("metrics.csv")) < 4 }) ?? true {
                usleep(5_000)
            }
            process.interrupt()
            defer { kill(process.processIdentifier, SIGKILL) }
            let outcome = program.outcome(of: process)
            #expect(outcome.exitCode == 130)
            #expect(!outcome.wasKilled)
            if isJSON {
                let object = try outcome.json()
                #expect(object["ok"] as? Bool == false)
                #expect((object["error"] as? [String: Any])?["code"] as? String == "interrupted")
            } else {
                #expect(outcome.errors.contains("tributary ledger verify runs/tiny-"))
            }
            let verified = try program.run("ledger", "verify", "latest", "--json")
            #expect(verified.exitCode == 0, "\(verified.output)")
            #expect((try verified.data()["entries"] as? Int ?? 0) > 20)
            #expect(try program.run("audit", "latest").exitCode == 0)
        }
    }

    @Test("A run that is killed outright leaves a ledger that verifies as far as it got", .timeLimit(.minutes(10)))
    func killed() throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario, to: "tiny.yaml")
        let process = try program.start(["simulate", "tiny.yaml", "--rounds", "60000"])
        while program.folder.run.map({ Self.lineCount($0.appendingPathComponent("metrics.csv")) < 4 }) ?? true {
            usleep(5_000)
        }
        kill(process.processIdentifier, SIGKILL)
        #expect(program.outcome(of: process).wasKilled)
        let verified = try program.run("ledger", "verify", "latest", "--json")
        #expect(verified.exitCode == 0, "\(verified.output)")
        #expect((try verified.data()["entries"] as? Int ?? 0) > 20)
        let run = try #require(program.folder.run)
        let names = try FileManager.default.contentsOfDirectory(atPath: run.path)
        #expect(names.contains("ledger.sqlite-wal"), "reading left what the run left: \(names)")
    }

    private static func lineCount(_ url: URL) -> Int {
        ((try? Data(contentsOf: url)) ?? Data()).count { $0 == UInt8(ascii: "\n") }
    }

    @Test(
        "A reader that goes away ends nothing but itself",
        arguments: [
            ["simulate", "tiny.yaml"], ["simulate", "tiny.yaml", "--json"], ["ledger", "show", "latest"],
            ["ledger", "prove", "latest", "3"], ["ledger", "balances", "latest", "--json"], ["audit", "latest"],
            ["runs", "list"], ["--help"],
        ])
    func closedPipe(arguments: [String]) throws {
        let program = try Program()
        try program.simulateTiny()
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let process = try program.start(arguments, output: pipe)
        let outcome = program.outcome(of: process)
        #expect(!outcome.wasKilled)
        #expect([0, 1].contains(outcome.exitCode), "\(outcome.exitCode): \(outcome.errors)")
        #expect(!outcome.errors.contains("Fatal"))
        #expect(try program.run("audit", "latest").exitCode == 0)
    }
}
