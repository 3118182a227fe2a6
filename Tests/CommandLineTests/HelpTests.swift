import Testing

@Suite("Help and version")
struct HelpTests {
    @Test("--version prints the release and nothing else")
    func version() throws {
        let outcome = try Program().run("--version")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil, "\(outcome.output)")
        #expect(outcome.errors == "")
    }

    @Test(
        "--help of every command has examples, each of which begins with the program's name",
        arguments: [
            "", "simulate", "audit", "ledger", "ledger verify", "ledger show", "ledger balances", "ledger statement",
            "ledger prove", "runs", "runs list", "runs show", "runs value", "bench", "doctor", "coordinator",
            "coordinator init",
            "coordinator run", "coordinator invite", "coordinator status", "coordinator ban", "coordinator renew",
            "task", "task open", "task list", "task check", "agent", "agent join", "agent run", "agent status",
            "agent leave",
            "rehearse",
        ])
    func help(command: String) throws {
        let program = try Program()
        let words = command.split(separator: " ").map(String.init)
        let outcome = program.outcome(of: try program.start(words + ["--help"]))
        #expect(outcome.exitCode == 0)
        let name = ["tributary"] + words
        #expect(outcome.output.contains("USAGE: \(name.joined(separator: " "))"))
        let examples = try #require(outcome.output.split(separator: "EXAMPLES\n").last)
        let first = try #require(examples.split(separator: "\n").first)
        #expect(first.contains(name.joined(separator: " ")), "\(first)")
        #expect(outcome.output.contains("EXAMPLES"))
    }

    @Test("The general help names every command")
    func commands() throws {
        let help = try Program().run("--help").output
        for name in [
            "simulate", "audit", "ledger", "runs", "bench", "doctor", "coordinator", "task", "agent", "rehearse",
        ] { #expect(help.contains("  \(name) "), "\(name)") }
    }
}
