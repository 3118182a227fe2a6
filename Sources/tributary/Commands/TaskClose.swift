import AgentClient
import ArgumentParser
import Attestation
import Foundation
import Wire

/// `tributary task close`.
struct TaskClose: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a task now: pay what was earned, return the rest.",
        discussion: """
            An open round is given up; one that is being averaged is finished first. What the task has learned so far is
            paid as at any close. What was not earned goes back to the sponsor, or is burned where tokens were issued. A
            task that stands still can be closed too.

            EXAMPLES
              tributary task close digits-loopback
              tributary task close 1a2b3c4d
            """)

    @Argument(help: ArgumentHelp("The task's name, or the beginning of its id.", valueName: "task"))
    var task: String

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let task: String
        let name: String
    }

    func run() throws {
        let client = try CoordinatorClient(home.folder)
        let found = try OpenTask(named: task, at: client)
        let id = found.id
        try client.ask { connection in
            _ = try await connection.send("POST", "/v1/tasks/\(id)/close", body: nil)
        }
        if output.json { return try Envelope.print(command: "task close", Answer(task: id, name: found.name)) }
        // The coordinator answers before a round that is being averaged is over.
        Terminal.line(
            "closed  \(found.name) (\(id.prefix(12))…): what was earned is paid and the rest returned; a round that is "
                + "being averaged is finished first")
    }
}

/// An open task of a coordinator, found by its name or the beginning of its id.
struct OpenTask {
    let name: String
    let id: String

    /// Asks the coordinator for its tasks.
    ///
    /// - Throws: `CommandFailureError` naming the open tasks if none, or more than one, is meant.
    init(named name: String, at client: CoordinatorClient) throws {
        let list = try client.ask { connection in
            try await connection.ask(
                "GET", "/v1/tasks", as: WireTaskList.self, answerLimit: WireLimits.entryPageByteCount)
        }
        let open = list.tasks.filter { $0.stage != "closed" }
        let wanted = name.lowercased()
        let named = open.filter { $0.name == name || Self.id($0).hasPrefix(wanted) }
        guard let found = named.first, named.count == 1 else {
            let hint =
                open.isEmpty
                ? "no task is open"
                : "open: \(open.map { "\($0.name) (\(Self.id($0).prefix(8)))" }.joined(separator: ", "))"
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "notFound", .noInput,
                    named.isEmpty
                        ? Self.missing(name, list.tasks)
                        : "several open tasks are named, or have ids that begin with, \"\(name)\"",
                    hint: hint))
        }
        self.name = found.name
        id = Self.id(found)
    }

    private static func missing(_ name: String, _ tasks: [WireTaskSummary]) -> String {
        guard let closed = tasks.first(where: { $0.name == name || id($0).hasPrefix(name.lowercased()) }) else {
            return "no open task is named \"\(name)\""
        }
        return "\(closed.name) is closed"
    }

    private static func id(_ task: WireTaskSummary) -> String { (try? Digest(bytes: task.task).hex) ?? "" }
}
