import ArgumentParser
import CoordinatorServer
import Foundation

/// `tributary coordinator`: open tasks, take in what participants learned, pay them.
struct CoordinatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Run a federation: one program, one port, one folder.",
        discussion: """
            EXAMPLES
              tributary coordinator init
              tributary coordinator run
              tributary coordinator invite
              tributary task open Simulations/scenarios/digits-loopback.yaml
            """,
        subcommands: [
            CoordinatorInit.self, CoordinatorRun.self, CoordinatorInvite.self, CoordinatorStatus.self,
            CoordinatorUnits.self, CoordinatorBan.self, CoordinatorRenew.self,
        ])
}

/// Where a coordinator lives.
struct CoordinatorHomeOption: ParsableArguments {
    private static let standard = "coordinator"

    @Option(name: .long, help: ArgumentHelp("The coordinator's folder.", valueName: "folder"))
    var home = Self.standard

    /// What a command that is recommended next needs to find the same folder: empty for the usual one.
    var flag: String { home == Self.standard ? "" : " --home \(home)" }

    var folder: CoordinatorFolder {
        CoordinatorFolder(path: URL(fileURLWithPath: home).standardizedFileURL.path, heads: Self.heads)
    }

    /// Where this user's coordinators keep their newest signed heads: `~/.local/state/tributary/heads`, or under
    /// `XDG_STATE_HOME`. It is no part of their folders, so that a restored folder does not bring an old head back.
    private static var heads: String {
        let environment = ProcessInfo.processInfo.environment
        let given = environment["XDG_STATE_HOME"] ?? ""
        let state = given.hasPrefix("/") ? given : "\(environment["HOME"] ?? NSHomeDirectory())/.local/state"
        return "\(state)/tributary/heads"
    }
}

/// An address to listen at: `HOST:PORT`, `[IPv6]:PORT`.
struct ListenAddress: ExpressibleByArgument {
    let host: String
    let port: Int

    static let standard = ListenAddress(host: "127.0.0.1", port: 8_440)

    var defaultValueDescription: String { "\(host):\(port)" }

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }
}
