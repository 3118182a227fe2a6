import Foundation
import Testing

@Suite(
    "Output that cannot be written", .timeLimit(.minutes(10)),
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
struct LostOutputTests {
    /// Runs a command whose standard output is a full disk.
    private func lose(_ program: Program, _ line: String) throws -> Program.Outcome {
        let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
        return program.outcome(of: try program.start(line.split(separator: " ").map(String.init), output: full))
    }

    private func check(_ program: Program, _ lines: [String]) throws {
        for line in lines {
            let outcome = try lose(program, line)
            #expect(outcome.exitCode == 74, "\(line): \(outcome.errors)")
            #expect(outcome.errors.contains("the output could not be written"), "\(line): \(outcome.errors)")
            #expect(!outcome.wasKilled)
        }
    }

    @Test("Every command that reads a run, and help itself, ends with 74 and says so")
    func runs() throws {
        let program = try Program()
        try program.simulateTiny()
        let reading = [
            "runs list", "runs show", "audit", "ledger verify", "ledger show", "ledger balances",
            "ledger statement latest honest-01", "ledger prove latest 3", "doctor",
        ]
        try check(program, reading + reading.map { $0 + " --json" })
        try check(program, ["--help", "--version", "help ledger", "ledger show --help", "simulate tiny.yaml"])
        try check(program, ["simulate tiny.yaml --json", "--generate-completion-script bash"])
        // What went wrong before is told first.
        #expect(try lose(program, "ledger show nothing --json").exitCode == 66)
    }

    @Test("Every command that asks or tells a coordinator ends with 74, and what was to be done is done")
    func coordinator() throws {
        let program = try Program()
        try check(program, ["coordinator init --listen 127.0.0.1:0 --open"])
        let coordinator = try RunningCoordinator(program)
        let join = try coordinator.joinString()
        try check(program, ["agent join \(join) --home a --data digits"])
        for json in ["", " --json"] {
            try check(
                program,
                [
                    "coordinator status\(json)", "coordinator invite\(json)", "coordinator units 0 3\(json)",
                    "task list\(json)", "agent status --home a\(json)",
                ])
        }
        try check(program, ["coordinator ban 0", "coordinator ban 0 --lift --json"])
        coordinator.end(SIGTERM)
        let status = try program.run("ledger", "show", "coordinator", "--kind", "units_assigned", "--json").json()
        #expect((status["data"] as? [Any])?.isEmpty == false)
    }
}
