import Foundation

/// A coordinator that runs in a program's folder until it is stopped or the value goes.
final class RunningCoordinator {
    /// The folder's name below the program's.
    static let home = "coordinator"

    let program: Program
    private let process: Process

    /// Makes one that takes anybody, where there is none, and starts it at a free port.
    init(_ program: Program, participation: [String] = ["--open"], options: [String] = []) throws {
        self.program = program
        let files = FileManager.default
        let folder = program.folder.url.appendingPathComponent(Self.home)
        if !files.fileExists(atPath: folder.path) {
            let made = try program.outcome(
                of: program.start(["coordinator", "init", "--listen", "127.0.0.1:0"] + participation))
            guard made.exitCode == 0 else { throw CocoaError(.executableLoad) }
        }
        let address = folder.appendingPathComponent("address").path
        // Left by one that was killed; this one's own is waited for.
        try? files.removeItem(atPath: address)
        process = Process()
        process.executableURL = Program.url
        process.arguments = ["coordinator", "run"] + options
        process.currentDirectoryURL = program.folder.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try program.folder.newFile("coordinator.log")
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": program.folder.url.path]
        try process.run()
        try wait { files.fileExists(atPath: address) }
    }

    deinit { end(SIGKILL) }

    /// `HOST:PORT`
    var address: String {
        program.folder.text("\(Self.home)/address").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What it has said.
    var log: String { program.folder.text("coordinator.log") }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Ends it, and waits for its end.
    func end(_ signal: Int32) {
        if process.isRunning { send(signal) }
        process.waitUntilExit()
    }

    /// A join string for anybody.
    func joinString() throws -> String { try invite("--open") }

    /// A join string for one participant.
    func invitation() throws -> String { try invite() }

    private func invite(_ options: String...) throws -> String {
        let outcome = try program.outcome(of: program.start(["coordinator", "invite", "--quiet"] + options))
        guard outcome.exitCode == 0 else { throw CocoaError(.executableLoad) }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until something holds, a minute at most: the machine may be busy.
    func wait(_ condition: () throws -> Bool) throws {
        for _ in 0..<3_000 {
            if try condition() { return }
            guard process.isRunning else { throw CocoaError(.executableLoad) }
            usleep(20_000)
        }
        throw CocoaError(.executableLoad)
    }
}
