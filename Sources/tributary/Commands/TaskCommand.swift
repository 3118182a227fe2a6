import AgentClient
import ArgumentParser
import Attestation
import CoordinatorServer
import Federation
import Foundation
import Ledger
import Simulation
import Wire

/// `tributary task`: what a coordinator has trained.
struct TaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Check, open, fund, list and close the tasks of a coordinator.",
        discussion: """
            EXAMPLES
              tributary task check task.yaml --data /srv/validation
              tributary task open task.yaml --data /srv/validation
              tributary task list
              tributary task close 1a2b3c
            """, subcommands: [TaskCheckCommand.self, TaskOpen.self, TaskFund.self, TaskListing.self, TaskClose.self])
}

/// `tributary task open`.
struct TaskOpen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a task: check it, fund it, put it on the ledger, begin.",
        discussion: """
            FILE is a task file (it has schema:) or a scenario file, whose data and splits are then used. The examples
            that contributions are valued on stay with the coordinator. Opened again, a task is as it was.

            EXAMPLES
              tributary task open task.yaml --data /srv/validation --validation 1000 --test 4000
              tributary task open Simulations/scenarios/digits-loopback.yaml
              tributary task open sponsored.yaml --data digits --json
            """)

    @Argument(help: ArgumentHelp("Task or scenario file (YAML).", valueName: "file"))
    var file: String

    @Option(name: .long, help: ArgumentHelp("Data set: a folder, a file, or \"digits\".", valueName: "path"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("Examples to value contributions on.", valueName: "n"))
    var validation: Int?

    @Option(name: .long, help: ArgumentHelp("Examples to report accuracy on.", valueName: "n"))
    var test: Int?

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let task: String
        let existed: Bool
        let price: UInt64
    }

    func validate() throws {
        for (name, count) in [("--validation", validation), ("--test", test)] {
            if let count, !(1...10_000_000).contains(count) {
                throw ValidationError("\(name) must be 1 to 10000000, not \(count)")
            }
        }
    }

    func run() throws {
        let text = try ScenarioFile.read(
            file, hint: "name a task or scenario file; Simulations/scenarios has some that open as tasks")
        var request = WireOpenTaskRequest()
        request.text = text
        request.data = try ScenarioFile.naming(file) { try dataPath(text) } ?? ""
        try expectData(at: request.data)
        request.validationCount = UInt32(validation ?? 0)
        request.testCount = UInt32(test ?? 0)
        let asked = request
        let reply: WireOpenTaskReply
        do {
            reply = try CoordinatorClient(home.folder).ask { connection in
                try await connection.ask(
                    "POST", "/v1/tasks", asked, as: WireOpenTaskReply.self, timeoutMs: Self.timeoutMs)
            }
        } catch let error as AgentError where error.problem == ProblemCode.invalidTask.rawValue {
            throw AgentError(error.code, "\(file): \(error.message)", hint: error.hint, problem: error.problem)
        }
        let task = try Digest(bytes: reply.task).hex
        if output.json {
            return try Envelope.print(
                command: "task open", Answer(task: task, existed: reply.existed, price: reply.price))
        }
        Terminal.line("task   \(task)\(reply.existed ? " (was opened before)" : "")")
        Terminal.line("pool   \(TokenAmount.text(reply.price)), funded")
        if let note = Self.note(on: text) { Terminal.line("note   \(note)") }
        Terminal.line("watch it with: tributary task list\(home.flag)")
    }

    /// What the author of a task file may have left out without meaning to.
    private static func note(on text: String) -> String? {
        guard let task = try? TaskConfiguration(text: text), task.weights.weighting == .units,
            task.weights.bound == .automatic, task.weights.exampleCount == nil
        else { return nil }
        return """
            the bound on updates is that of a training on the validation examples: write weights.examples, how many a \
            participant has, if these are fewer
            """
    }

    /// The coordinator is one of this machine: what is not here is not there.
    private func expectData(at path: String) throws {
        guard !path.isEmpty, path != "digits", !FileManager.default.fileExists(atPath: path) else { return }
        throw CommandFailureError(
            failure: CommandFailure(
                code: "notFound", .noInput, "there is no data set at \(path)",
                hint: data == nil ? "mend data.path in \(file), or name another with --data" : "check --data"))
    }

    /// A data set of some gigabytes is read before the answer.
    private static let timeoutMs: Int64 = 600_000

    /// Where the data are, as the coordinator can find them: its working folder is another.
    private func dataPath(_ text: String) throws -> String? {
        if let data { return data == "digits" ? data : URL(fileURLWithPath: data).standardizedFileURL.path }
        let isTask = try ConfigurationSection(text: text).has("schema")
        guard !isTask else { return nil }
        switch try Scenario.dataRule(in: text).source {
        case .digits: return "digits"
        case .path(let path):
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
            return URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path
        }
    }
}

/// `tributary task list`.
struct TaskListing: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tasks: where each stands and what it waits for.",
        discussion: """
            EXAMPLES
              tributary task list
              tributary task list --json
            """)

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    func run() throws {
        let list = try CoordinatorClient(home.folder).ask { connection in
            try await connection.ask(
                "GET", "/v1/tasks", as: WireTaskList.self, answerLimit: WireLimits.entryPageByteCount)
        }
        let rows = list.tasks.map(TaskRow.init)
        if output.json { return try Envelope.print(command: "task list", rows) }
        TaskRow.printTable(rows, home: home)
    }
}
