import Foundation
import Testing

/// A coordinator that runs in the program's folder, for tests of what an agent says.
final class RunningCoordinator {
    private let process: Process
    private let program: Program

    /// Makes a coordinator on a free port, starts it and waits until it can be asked.
    init(_ program: Program) throws {
        self.program = program
        let made = try program.run("coordinator", "init", "--home", "coordinator", "--listen", "127.0.0.1:0")
        try #require(made.exitCode == 0, "\(made.errors)")
        process = try program.start(
            ["coordinator", "run", "--home", "coordinator"], output: program.folder.newFile("coordinator.log"))
        let address = program.folder.url.appendingPathComponent("coordinator/address").path
        for _ in 0..<600 where process.isRunning && !FileManager.default.fileExists(atPath: address) {
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// A join string for one participant.
    func invitation() throws -> String {
        let outcome = try program.run("coordinator", "invite", "--home", "coordinator", "--quiet")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
