package import Attestation
internal import Federation

/// `coordinator.yaml`: what an operator decides.
package struct CoordinatorSettings: Equatable, Sendable {
    /// Who may take part.
    package enum Participation: String, CaseIterable, Sendable {
        /// Any key.
        case open
        /// Keys with an invitation.
        case invited
    }

    /// Which rounds' updates stay on the disk.
    package enum Retention: Equatable, Sendable {
        case all
        /// Those of the last so many rounds of a task.
        case rounds(Int)
    }

    /// Who may read `/metrics` without a session.
    package enum MetricsAccess: String, CaseIterable, Sendable {
        /// Requests from this machine.
        case loopback
        case anyone
    }

    /// The log's name in its checkpoints; fixed by the ledger's first entry.
    package var origin: String
    /// The address to listen at.
    package var host: String
    /// The port to listen at; 0 for any that is free.
    package var port: Int
    /// Names and addresses that agents call the coordinator by; the first goes into the join string.
    package var names: [String]
    package var participation: Participation
    /// Keys that may open sessions as sponsors.
    package var sponsors: [PublicKey]
    /// Keys that may read updates, in sessions as auditors, once their task is closed.
    package var auditors: [PublicKey]
    package var metrics: MetricsAccess
    package var retention: Retention
    /// Most bytes of models and updates, or nil.
    package var diskBudgetByteCount: UInt64?
    /// Requests a second that one address may make; twice as many at once.
    package var requestsPerAddress = Int(CoordinatorServerLimits.addressRate.perSecond)
    /// trace, debug, info, notice, warning, error or critical.
    package var logLevel: String

    package init(
        origin: String, host: String = "127.0.0.1", port: Int = 8_440, names: [String] = ["localhost", "127.0.0.1"],
        participation: Participation = .invited, sponsors: [PublicKey] = [], auditors: [PublicKey] = [],
        metrics: MetricsAccess = .loopback, retention: Retention = .all, diskBudgetByteCount: UInt64? = nil,
        logLevel: String = "info"
    ) {
        self.origin = origin
        self.host = host
        self.port = port
        self.names = names
        self.participation = participation
        self.sponsors = sponsors
        self.auditors = auditors
        self.metrics = metrics
        self.retention = retention
        self.diskBudgetByteCount = diskBudgetByteCount
        self.logLevel = logLevel
    }

    private static let keys = [
        "origin", "listen", "names", "participation", "sponsors", "auditors", "metrics", "retain",
        "disk_budget_gib", "requests_per_address", "log_level",
    ]
    /// Names of the levels, as swift-log has them.
    package static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// Reads the file's text.
    ///
    /// - Throws: `CoordinatorServerError` with code `badSettings` that names the key and its line.
    package init(text: String) throws(CoordinatorServerError) {
        do {
            try self.init(section: ConfigurationSection(text: text))
        } catch {
            throw CoordinatorServerError(
                .badSettings, "coordinator.yaml: \(error.message)", hint: error.hint ?? "edit coordinator.yaml")
        }
    }

    private init(section root: ConfigurationSection) throws(FederationError) {
        try root.expectOnly(Self.keys, elsewhere: ["listen.host", "listen.port"])
        guard let origin = try root.string("origin") else { throw root.missing("origin") }
        self.init(origin: origin)
        if let listen = try root.section("listen") {
            try listen.expectOnly(["host", "port"])
            host = try listen.string("host") ?? host
            port = try listen.integer("port", in: 0...65_535) ?? port
        }
        names = try root.strings("names") ?? names
        guard (1...SelfSignedCertificate.nameCount).contains(names.count) else {
            throw root.wrong("names", "a list of 1 to \(SelfSignedCertificate.nameCount) names")
        }
        if let word = try root.word("participation", among: Participation.allCases.map(\.rawValue)) {
            participation = Participation(rawValue: word) ?? participation
        }
        if let word = try root.word("metrics", among: MetricsAccess.allCases.map(\.rawValue)) {
            metrics = MetricsAccess(rawValue: word) ?? metrics
        }
        sponsors = try Self.keys("sponsors", root, limit: CoordinatorServerLimits.sponsorCount)
        auditors = try Self.keys("auditors", root, limit: CoordinatorServerLimits.auditorCount)
        retention = try Self.retention(root)
        if let budget = try root.number("disk_budget_gib", in: 0.001...1e6) {
            diskBudgetByteCount = UInt64(budget * Double(1 << 30))
        }
        requestsPerAddress =
            try root.integer("requests_per_address", in: 1...10_000_000) ?? requestsPerAddress
        logLevel = try root.word("log_level", among: Self.logLevels) ?? logLevel
    }

    private static func keys(
        _ name: String, _ root: ConfigurationSection, limit: Int
    ) throws(FederationError) -> [PublicKey] {
        let texts = try root.strings(name) ?? []
        guard texts.count <= limit else { throw root.wrong(name, "a list of at most \(limit) keys") }
        var keys: [PublicKey] = []
        for text in texts {
            guard let key = try? PublicKey(did: text) else {
                throw root.wrong(name, "a list of keys such as did:key:z6Mk…")
            }
            keys.append(key)
        }
        return keys
    }

    private static func retention(_ root: ConfigurationSection) throws(FederationError) -> Retention {
        guard let text = try root.string("retain"), text != "all" else { return .all }
        let words = text.split(separator: " ")
        guard words.count == 2, words[0] == "rounds", let count = Int(words[1]), (1...1_000_000).contains(count) else {
            throw root.wrong("retain", "\"all\", or \"rounds 20\" for the last twenty, not \"\(text)\"")
        }
        return .rounds(count)
    }

    /// The file, with what each key means.
    package var text: String {
        let budget = diskBudgetByteCount.map { "disk_budget_gib: \(Double($0) / Double(1 << 30))" }
        let retain =
            switch retention {
            case .all: "all"
            case .rounds(let count): "rounds \(count)"
            }
        return """
            # The coordinator's settings. After a change: kill -HUP, or start it again (origin, listen).
            # The log's name; fixed by the ledger's first entry.
            origin: \(origin)
            # Where it listens; 0.0.0.0 for every network.
            listen: { host: "\(host)", port: \(port) }
            # What agents call it by; the first goes into the join string.
            names: [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
            # invited: with an invitation from `tributary coordinator invite`; open: any key.
            participation: \(participation.rawValue)
            # Keys that may sign in as sponsors: [did:key:z6Mk…]
            sponsors: [\(sponsors.map { "\"\($0.did)\"" }.joined(separator: ", "))]
            # Keys that may read updates once their task is closed, in sessions as auditors: [did:key:z6Mk…]
            auditors: [\(auditors.map { "\"\($0.did)\"" }.joined(separator: ", "))]
            # Who may read /metrics without signing in: loopback, or anyone, who then sees less of open rounds.
            metrics: \(metrics.rawValue)
            # Whose updates stay: all, or "rounds 20" for those of the last twenty rounds of a task.
            retain: \(retain)
            # Most that models and updates may take, in GiB.
            \(budget ?? "# disk_budget_gib: 100")
            # Requests a second of one address; raise it for a large federation behind one.
            requests_per_address: \(requestsPerAddress)
            # \(Self.logLevels.joined(separator: ", "))
            log_level: \(logLevel)

            """
    }
}
