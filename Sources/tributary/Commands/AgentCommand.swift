import AgentClient
import ArgumentParser
import Foundation

/// `tributary agent`: take part in a coordinator's tasks from this machine.
struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Take part: train here, keep the data here, be paid.",
        discussion: """
            What leaves this machine is the change of the model's parameters, the number of examples and steps it took,
            the public key and the label; examples and labels stay. The file consent.yaml in the agent's folder says which
            tasks are taken, agent.yaml how much of the machine they may use.

            EXAMPLES
              tributary agent join tributary://… --data /srv/mydata
              tributary agent run
              tributary agent status
            """, subcommands: [AgentJoin.self, AgentRun.self, AgentStatus.self, AgentLeave.self])
}

/// Where an agent lives.
struct AgentHomeOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The agent's folder.",
            discussion: "~/.local/share/tributary/agent where it is not given.", valueName: "folder"))
    var home: String?

    var folder: AgentFolder {
        let path = home ?? AgentFolder.defaultPath(environment: ProcessInfo.processInfo.environment)
        return AgentFolder(path: URL(fileURLWithPath: path).standardizedFileURL.path)
    }
}
