import Foundation

/// The built executable, run as its users run it.
struct Program {
    /// What a run of the program gave.
    struct Outcome {
        let exitCode: Int32
        let wasKilled: Bool
        let output: String
        let errors: String

        /// The one JSON object on standard output.
        func json() throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return object as? [String: Any] ?? [:]
        }

        /// Its `data`, where that is an object.
        func data() throws -> [String: Any] { try json()["data"] as? [String: Any] ?? [:] }
    }

    /// A folder of the test's own, which holds `runs`; removed with the program.
    let folder: WorkingFolder

    init() throws { folder = try WorkingFolder() }

    /// The executable is beside the test bundle that runs.
    static let url: URL = {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let places = [
            own, URL(fileURLWithPath: CommandLine.arguments[0]), Bundle.main.bundleURL.appendingPathComponent("x"),
        ]
        let found = places.map { $0.deletingLastPathComponent().appendingPathComponent("tributary") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return found ?? URL(fileURLWithPath: "tributary")
    }()

    /// Starts the program in its folder, its output going to files there or to what is given.
    func start(
        _ arguments: [String], output: Any? = nil, environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = Self.url
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try output ?? folder.newFile("stdout")
        process.standardError = try folder.newFile("stderr")
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.url.path].merging(environment) { $1 }
        try process.run()
        return process
    }

    /// Seconds after which a program that was to end is killed, so that no test waits for ever.
    private static let patience = 600

    /// What a started program gave, once it has ended.
    func outcome(of process: Process) -> Outcome {
        let killer = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.patience), execute: killer)
        process.waitUntilExit()
        killer.cancel()
        return Outcome(
            exitCode: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: folder.text("stdout"), errors: folder.text("stderr"))
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        outcome(of: try start(arguments, environment: environment))
    }

    /// Makes a run of two rounds named `tiny-…`.
    @discardableResult
    func simulateTiny() throws -> Outcome {
        try folder.write(Self.tinyScenario, to: "tiny.yaml")
        return try run("simulate", "tiny.yaml", "--json")
    }

    /// Softmax regression on the embedded digits, two rounds.
    static let tinyScenario = """
        name: tiny
        rounds: 2
        data: { source: digits, validation: 60, test: 60 }
        training: { epochs: 1, batch: 20, learning_rate: 0.1 }
        cohort: { size: 4, quorum: 2 }
        trust: open
        reward: { pool: "20", target_drop: 1 }
        participants: [ { kind: honest, count: 3 }, { kind: replay, count: 1 } ]

        """
}

/// A temporary folder, removed with the value.
final class WorkingFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// An empty file, open for writing.
    func newFile(_ name: String) throws -> FileHandle {
        let file = url.appendingPathComponent(name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
    }

    func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: url.appendingPathComponent(name))) ?? Data(), as: UTF8.self)
    }

    /// The newest run's folder.
    var run: URL? {
        let runs = url.appendingPathComponent("runs")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
        return names.max().map { runs.appendingPathComponent($0) }
    }
}
