import ArgumentParser
import Coordination
import CoordinatorServer
import Foundation
import Logging

/// `tributary coordinator run`: serve until told to stop.
struct CoordinatorRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve: let agents in, run rounds, pay.",
        discussion: """
            Runs until Ctrl-C or SIGTERM; SIGHUP reads coordinator.yaml, the certificate and the bans anew. The log goes
            to standard error.

            EXAMPLES
              tributary coordinator run
              tributary coordinator run --home /srv/tributary --log-format json
              tributary coordinator run --listen 127.0.0.1:0 --exit-when-closed
            """)

    @OptionGroup var home: CoordinatorHomeOption
    @OptionGroup var threadsOption: ThreadsOption

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where to listen instead of what coordinator.yaml says; port 0 for any that is free.",
            valueName: "host:port"))
    var listen: ListenAddress?

    @Option(name: .customLong("log-format"), help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat = "text"

    @Flag(name: .customLong("exit-when-closed"), help: "Stop when every task is closed.")
    var exitWhenClosed = false

    func validate() throws {
        guard LineLogHandler.Format(rawValue: logFormat) != nil else {
            throw ValidationError("--log-format must be text or json, not \(logFormat)")
        }
    }

    func run() async throws {
        MemoryArenas.keepFew()
        var options = CoordinatorService.Options(folder: home.folder)
        options.listen = listen.map { ($0.host, $0.port) }
        options.exitsWhenClosed = exitWhenClosed
        options.threads = threadsOption.threads
        options.version = Tributary.versionText
        let level = LogLevelBox(.info)
        let format = LineLogHandler.Format(rawValue: logFormat) ?? .text
        let logger = Logger(label: "coordinator") { label in
            LineLogHandler(label: label, format: format, level: level)
        }
        let service = try CoordinatorService(
            options, loader: TaskMaterialLoader(), level: level, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.followSignals() }
            try await service.run()
            group.cancelAll()
        }
    }
}
