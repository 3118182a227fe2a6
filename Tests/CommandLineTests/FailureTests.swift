import Foundation
import Testing

@Suite("How commands fail")
struct FailureTests {
    /// Runs a command with and without `--json` and checks that both say the same, in their ways.
    private static func check(
        _ program: Program, _ arguments: [String], exit: Int32, code: String, command: String, says: String
    ) throws {
        let json = program.outcome(of: try program.start(arguments + ["--json"]))
        #expect(json.exitCode == exit, "\(arguments): \(json.output) \(json.errors)")
        #expect(json.output.count { $0 == "\n" } == 1)
        let object = try json.json()
        #expect(object["schema"] as? Int == 1)
        #expect(object["ok"] as? Bool == false)
        #expect(object["command"] as? String == command)
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["code"] as? String == code)
        let message = "\(error["message"] ?? "") \(error["hint"] ?? "")"
        #expect(message.contains(says), "\(message)")
        let text = program.outcome(of: try program.start(arguments))
        #expect(text.exitCode == exit)
        #expect((text.output + text.errors).contains(says), "\(text.errors)")
        #expect(!text.wasKilled && !json.wasKilled)
    }

    @Test("A misspelt scenario key: 65, and the nearest known one")
    func badScenario() throws {
        let program = try Program()
        try program.folder.write(Program.tinyScenario + "netwrok: { }\n", to: "bad.yaml")
        try Self.check(
            program, ["simulate", "bad.yaml"], exit: 65, code: "unknownKey", command: "simulate",
            says: "did you mean \"network\"?")
        #expect(program.folder.run == nil, "nothing was run")
    }

    @Test("A scenario that is not there: 66")
    func missingScenario() throws {
        try Self.check(
            Program(), ["simulate", "nowhere.yaml"], exit: 66, code: "noScenario", command: "simulate",
            says: "nowhere.yaml")
    }

    @Test("A data set that is not there: 66")
    func missingData() throws {
        try Self.check(
            Program(), ["simulate", "--data", "nowhere"], exit: 66, code: "notFound", command: "simulate",
            says: "nowhere")
    }

    @Test("A scenario that is no text, or a folder: 65 or 66, and no crash")
    func oddScenarios() throws {
        let program = try Program()
        try Data([0xFF, 0xFE, 0x00]).write(to: program.folder.url.appendingPathComponent("bytes.yaml"))
        #expect(try program.run("simulate", "bytes.yaml").exitCode == 65)
        #expect([65, 66].contains(try program.run("simulate", ".").exitCode))
        try program.folder.write("", to: "empty.yaml")
        #expect(try program.run("simulate", "empty.yaml").exitCode == 65)
        try program.folder.write(String(repeating: "a: b\n", count: 20_000), to: "long.yaml")
        #expect(try program.run("simulate", "long.yaml").exitCode == 65)
    }

    @Test("A flag or a value that cannot be: 64")
    func badFlags() throws {
        let program = try Program()
        try Self.check(
            program, ["simulate", "--sead", "3"], exit: 64, code: "usage", command: "simulate", says: "--sead")
        try Self.check(
            program, ["simulate", "--rounds", "0"], exit: 64, code: "usage", command: "simulate", says: "--rounds")
        try Self.check(
            program, ["ledger", "show", "--count", "-1"], exit: 64, code: "usage", command: "ledger show",
            says: "count")
        try Self.check(
            program, ["simulate", "--threads", "0"], exit: 64, code: "usage", command: "simulate", says: "--threads")
        try Self.check(program, ["fly"], exit: 64, code: "usage", command: "tributary", says: "tributary --help")
    }

    @Test(
        "A run that is not there: 66, whoever asks",
        arguments: [
            "audit", "runs show", "ledger verify", "ledger show", "ledger balances", "ledger prove", "ledger statement",
        ])
    func missingRun(command: String) throws {
        var arguments = command.split(separator: " ").map(String.init) + ["nothing"]
        if command.hasSuffix("prove") { arguments.append("1") }
        if command.hasSuffix("statement") { arguments.append("issuance") }
        try Self.check(Program(), arguments, exit: 66, code: "missing", command: command, says: "nothing")
    }

    @Test("A fault that an audit finds: 2, one object with the report and the error")
    func auditFault() throws {
        let program = try Program()
        try program.simulateTiny()
        let run = try #require(program.folder.run)
        let model = run.appendingPathComponent("model.safetensors")
        var bytes = try Data(contentsOf: model)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: model)
        try Self.check(
            program, ["audit"], exit: 2, code: "auditFault", command: "audit", says: "model.safetensors")
        let data = try program.run("audit", "--json").data()
        #expect(data["clean"] as? Bool == false)
        let faults = try #require(data["faults"] as? [[String: Any]])
        #expect(faults.contains { $0["file"] as? String == "model.safetensors" })
        #expect(try program.run("audit").output.contains("audit: FAILED, first at model.safetensors"))
    }

    @Test("A damaged ledger: 2, and the entry or file is named")
    func ledgerFault() throws {
        let program = try Program()
        try program.simulateTiny()
        let ledger = try #require(program.folder.run).appendingPathComponent("ledger.sqlite")
        var bytes = try Data(contentsOf: ledger)
        let place = try #require(bytes.range(of: Data("honest-02".utf8))).lowerBound
        bytes[place] ^= 1
        try bytes.write(to: ledger)
        for command in ["verify", "show", "balances"] {
            let json = try program.run("ledger", command, "--json")
            #expect(json.exitCode == 2)
            #expect(json.output.count { $0 == "\n" } == 1)
            #expect(try json.json()["ok"] as? Bool == false)
        }
        let audit = try program.run("audit", "--json")
        #expect(audit.exitCode == 2)
        let error = try #require(try audit.json()["error"] as? [String: Any])
        #expect((error["message"] as? String)?.contains("entry") ?? false)
    }

    @Test("Another key than the coordinator's: 2")
    func wrongKey() throws {
        let program = try Program()
        try program.simulateTiny()
        let key = "example.com/log+a6a1a0f8+AXXkRMUG0sSGjK9Lhf1CpdOEbVYdCxEnIvVj0r4Yx0yI"
        #expect([2, 65].contains(try program.run("audit", "--key", key).exitCode))
        #expect(try program.run("audit", "--key", "no key").exitCode == 65)
    }

    @Test("A place that cannot be written to: 73", .enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
    func cannotWrite() throws {
        let program = try Program()
        let outcome = try program.run("simulate", "--rounds", "1", "--runs", "/proc/self/runs", "--json")
        #expect([66, 73].contains(outcome.exitCode), "\(outcome.output)")
        #expect(try outcome.json()["ok"] as? Bool == false)
        try program.folder.write("x", to: "file")
        #expect(try program.run("simulate", "--rounds", "1", "--runs", "file").exitCode == 66)
    }

    @Test(
        "Standard output that is full: an error code, not a crash",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullOutput() throws {
        let program = try Program()
        try program.simulateTiny()
        let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
        let outcome = program.outcome(of: try program.start(["ledger", "show", "--json"], output: full))
        #expect(!outcome.wasKilled)
        #expect(outcome.exitCode != 0)
    }
}
