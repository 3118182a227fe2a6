import Foundation
import NIOCore
import NIOSSL
import Wire

/// A coordinator process of its own in a temporary folder, for measuring.
final class ScratchCoordinator {
    let folder: URL
    let join: JoinString
    /// What clients connect with. They do not look at the certificate: it is our own process on this machine.
    let tls: NIOSSLContext
    private let process: Process

    private static let startSeconds: Double = 60

    /// Makes a coordinator, starts it and waits until it can be asked.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tributary-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let home = folder.appendingPathComponent("coordinator")
        do {
            let state = folder.appendingPathComponent("state")
            _ = try Self.run(["coordinator", "init", "--home", home.path, "--listen", "127.0.0.1:0"], state)
            let log = folder.appendingPathComponent("log")
            try Data().write(to: log)
            process = Self.process(["coordinator", "run", "--home", home.path], state)
            process.standardOutput = try FileHandle(forWritingTo: log)
            process.standardError = process.standardOutput
            try process.run()
            do {
                try Self.awaitAddress(home.appendingPathComponent("address"), of: process, log: log)
                let line = try Self.run(["coordinator", "invite", "--home", home.path, "--open", "--quiet"], state)
                join = try JoinString(parsing: line)
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.certificateVerification = .none
                configuration.applicationProtocols = ["http/1.1"]
                tls = try NIOSSLContext(configuration: configuration)
            } catch {
                process.terminate()
                throw error
            }
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    /// The seed of the coordinator's key.
    func keySeed() throws -> [UInt8] {
        let text = try String(contentsOf: folder.appendingPathComponent("coordinator/coordinator.key"), encoding: .utf8)
        let digits = Array(text.trimmingCharacters(in: .whitespacesAndNewlines).utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
    }

    /// A figure of its memory in MiB, such as VmRSS.
    func memoryMebibytes(_ name: String) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1_024
    }

    /// The processor time that it has used, in seconds.
    func processorSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
        // The command's name stands in brackets and may hold anything; the times are the 14th and 15th field.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Stops it and removes its folder.
    ///
    /// - Returns: its exit code.
    @discardableResult
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
        return process.terminationStatus
    }

    /// - Parameter state: its `XDG_STATE_HOME`, so that nothing is left in the user's.
    private static func process(_ arguments: [String], _ state: URL) -> Process {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": state.path]) { $1 }
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs a command to its end; what it prints.
    private static func run(_ arguments: [String], _ state: URL) throws -> String {
        let process = process(arguments, state)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw failure("`tributary \(arguments.joined(separator: " "))` failed: \(output)")
        }
        return output.split(separator: "\n").last { $0.hasPrefix("tributary://") }.map(String.init) ?? output
    }

    /// Waits until the process has written down where it listens: another process cannot be waited for otherwise.
    private static func awaitAddress(_ file: URL, of process: Process, log: URL) throws {
        let deadline = ContinuousClock.now + .seconds(startSeconds)
        while !FileManager.default.fileExists(atPath: file.path) {
            guard process.isRunning, ContinuousClock.now < deadline else {
                let words = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                throw failure("the coordinator does not start: \(words)")
            }
            usleep(5_000)
        }
    }

    private static func failure(_ text: String) -> CommandFailureError {
        CommandFailureError(failure: CommandFailure(code: "no_coordinator", .failure, text))
    }
}
