import ArgumentParser
import Foundation

/// The command line: one executable for researchers, operators and auditors.
struct Tributary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tributary",
        abstract: "A federated learning coordinator that pays, and whose every model and token anyone can check.",
        discussion: """
            EXAMPLES
              tributary simulate                    a federation with cheats in it
              tributary simulate mine.yaml --seed 7
              tributary audit latest                check the last run
              tributary ledger balances latest      who owns what
              tributary runs list                   the runs in ./runs

            Every command takes --json: one object on standard output, for scripts. Exit codes are in docs/exit-codes.md.
            """,
        version: Tributary.versionText,
        subcommands: [
            Simulate.self, CoordinatorCommand.self, TaskCommand.self, AgentCommand.self, AuditCommand.self,
            LedgerCommand.self, RunsCommand.self, Rehearse.self, AttacksCommand.self,
            Bench.self,
            Doctor.self,
        ])

    /// The release; also what `--version` prints.
    static let versionText = "0.1.0"
}

/// Runs the command that the arguments name and turns whatever it throws into a message and an exit code.
@main
struct Main {
    static func main() async {
        // A closed pipe is an error to report, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        let wantsJSON = CommandLine.arguments.contains("--json")
        do {
            var command = try Tributary.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exitWhereOutputFailed()
        } catch {
            if Tributary.exitCode(for: error) == .success {
                // Help, the version, a completion script.
                let text = Tributary.fullMessage(for: error)
                if !text.isEmpty { Terminal.raw(text + "\n") }
                exitWhereOutputFailed()
                exit(0)
            }
            let failure = CommandFailure(error)
            if wantsJSON {
                if !failure.isSilent { Envelope.printFailure(command: commandName(in: CommandLine.arguments), failure) }
            } else if failure.isUsage {
                Tributary.exit(withError: error)
            } else if !failure.isSilent {
                failure.printToStandardError()
            }
            exit(failure.exitCode)
        }
    }

    /// Ends the process where something that it said was lost: whoever reads a file of it must know.
    private static func exitWhereOutputFailed() {
        guard let failure = Terminal.failure else { return }
        failure.printToStandardError()
        exit(failure.exitCode)
    }

    /// The command that arguments name, such as `ledger verify`, even where they cannot be parsed.
    private static func commandName(in arguments: [String]) -> String {
        var command: any ParsableCommand.Type = Tributary.self
        var names: [String] = []
        for argument in arguments.dropFirst() where !argument.hasPrefix("-") {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) else {
                break
            }
            command = next
            names.append(argument)
        }
        return names.isEmpty ? Tributary._commandName : names.joined(separator: " ")
    }
}
