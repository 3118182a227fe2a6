import ArgumentParser
import Attestation
import CoordinatorServer
import Foundation
import Ledger
import Tensors

/// `tributary coordinator init`: keys, certificate, settings and an empty ledger.
struct CoordinatorInit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a coordinator: its key, certificate, settings and ledger.",
        discussion: """
            Without a certificate of your own it signs one; agents pin it, so that no authority is needed. A folder that
            was restored without coordinator.yaml is completed; what an interrupted init left is cleared.

            EXAMPLES
              tributary coordinator init
              tributary coordinator init --home /srv/tributary --listen 0.0.0.0:8440 --host fl.example.org
              tributary coordinator init --certificate chain.pem --private-key key.pem --grant acme=100000
            """)

    @OptionGroup var home: CoordinatorHomeOption

    @Option(name: .long, help: ArgumentHelp("Where to listen; port 0 for any that is free.", valueName: "host:port"))
    var listen = ListenAddress.standard

    @Option(
        name: .long,
        help: ArgumentHelp(
            "What agents call this machine by; more than once for more names, the first goes into join strings.",
            valueName: "name"))
    var host: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("The log's name, for good; HOST/tributary where it is not given.", valueName: "name"))
    var origin: String?

    @Flag(name: .long, help: "Take any participant, without an invitation.")
    var open = false

    @Option(name: .long, help: ArgumentHelp("Your certificate chain (PEM).", valueName: "file"))
    var certificate: String?

    @Option(name: .customLong("private-key"), help: ArgumentHelp("Its private key (PEM).", valueName: "file"))
    var privateKey: String?

    @Option(
        name: .long, help: ArgumentHelp("Tokens that a sponsor gets at once: NAME=AMOUNT.", valueName: "grant"))
    var grant: [String] = []

    @Option(name: .long, help: ArgumentHelp("Most tokens that may ever be issued.", valueName: "amount"))
    var cap: String?

    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let home: String
        let origin: String
        let logKey: String
        let certificate: String
        /// Whether a ledger and its key were there already.
        let takenUp: Bool

        enum CodingKeys: String, CodingKey {
            case home, origin, certificate
            case logKey = "log_key"
            case takenUp = "taken_up"
        }
    }

    func validate() throws {
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key go together")
        }
    }

    func run() throws {
        let names = host.isEmpty ? Self.names(for: listen.host) : host
        var settings = CoordinatorSettings(
            origin: origin ?? "\(names[0])/tributary", host: listen.host, port: listen.port, names: names)
        settings.participation = open ? .open : .invited
        var own: (chain: [UInt8], privateKey: [UInt8])?
        if let certificate, let privateKey { own = (try Self.read(certificate), try Self.read(privateKey)) }
        let nowMs = CoordinatorService.systemMs()
        let folder = home.folder
        let outcome = try CoordinatorSetup.make(
            folder,
            CoordinatorFolder.Plan(settings: settings, certificate: own, nowSeconds: Int64(nowMs / 1_000)),
            money: try money(), nowMs: nowMs)
        let signer = try NoteSigner(name: folder.readSettings().origin, key: folder.readKey())
        let read = try folder.readCertificate(nowSeconds: Int64(nowMs / 1_000)).certificate
        if output.json {
            return try Envelope.print(
                command: "coordinator init",
                Answer(
                    home: folder.path, origin: signer.verifier.name, logKey: signer.verifier.vkey,
                    certificate: read.fingerprint.hex, takenUp: outcome == .takenUp))
        }
        if outcome == .takenUp {
            return Terminal.line(
                """
                the coordinator in \(folder.path) is complete again: its key and ledger are as they were
                log key      \(signer.verifier.vkey)
                certificate  \(read.fingerprint.hex)

                coordinator.yaml is new: look at participation, sponsors and auditors. Invitations and bans that were
                not restored are gone.
                next: tributary coordinator run\(home.flag)
                """)
        }
        Terminal.line(
            """
            a coordinator is in \(folder.path)
            log key      \(signer.verifier.vkey)
            certificate  \(read.fingerprint.hex)

            Keep coordinator.key safe and backed up: whoever has it is the coordinator.
            next: tributary coordinator run\(home.flag)
            then: tributary coordinator invite\(home.flag), and tributary task open FILE\(home.flag)
            """)
    }

    private static func names(for host: String) -> [String] {
        switch host {
        case "127.0.0.1", "localhost", "::1": ["127.0.0.1", "localhost"]
        case "0.0.0.0", "::": [ProcessInfo.processInfo.hostName, "localhost", "127.0.0.1"]
        default: [host]
        }
    }

    private func money() throws -> CoordinatorSetup.Money {
        var money = CoordinatorSetup.Money()
        if let cap {
            guard let units = TokenAmount.units(cap) else {
                throw ValidationError("--cap must be an amount such as 1000000, not \(cap)")
            }
            money.cap = units
        }
        for text in grant {
            let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2, let units = TokenAmount.units(sides[1]), units > 0 else {
                throw ValidationError("--grant must be NAME=AMOUNT, not \(text)")
            }
            money.grants.append(Genesis.Grant(account: try AccountName("sponsor/\(sides[0])"), amount: units))
        }
        return money
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try MappedFile(path: path)
        guard file.count <= AttestationLimits.certificateByteCount else {
            throw CoordinatorServerError(.badCertificate, "\(path) has \(file.count) bytes", hint: "is it a PEM file?")
        }
        return file.withUnsafeBytes { Array($0) }
    }
}
