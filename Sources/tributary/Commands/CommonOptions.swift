import ArgumentParser
import Foundation
import Runs

/// Options that every command takes.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false
}

/// Where runs are kept.
struct RunsOptions: ParsableArguments {
    @Option(name: .customLong("runs"), help: ArgumentHelp("Folder that holds the runs.", valueName: "folder"))
    var runsFolder = "runs"

    var url: URL { URL(fileURLWithPath: runsFolder) }

    /// The run that a path, a name, the beginning of a name, or `latest` means.
    func find(_ run: String) throws -> RunFolder { try RunFolder.find(run, in: url) }
}

/// How many threads to use.
struct ThreadsOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Threads to use; results do not depend on it.", valueName: "n"))
    var threads = min(ProcessInfo.processInfo.activeProcessorCount, 64)

    func validate() throws {
        guard (1...256).contains(threads) else { throw ValidationError("--threads must be 1 to 256, not \(threads)") }
    }
}

/// What every command takes that reads a run.
struct RunOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Run: a folder, a name, the beginning of one, or \"latest\".", valueName: "run"))
    var run = "latest"

    @OptionGroup var threadsOption: ThreadsOption
    @OptionGroup var runsOptions: RunsOptions
    @OptionGroup var output: OutputOptions

    var threads: Int { threadsOption.threads }
    var json: Bool { output.json }

    /// The run's folder.
    func folder() throws -> RunFolder { try runsOptions.find(run) }
}
