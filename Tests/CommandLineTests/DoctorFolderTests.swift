import Foundation
import Testing

@Suite("tributary doctor on folders")
struct DoctorFolderTests {
    /// What doctor says of a folder, by the name of what it looked at: whether it is right, and all its words.
    private static func findings(
        _ program: Program, _ arguments: String...
    ) throws -> (exitCode: Int32, [String: (isRight: Bool, text: String)]) {
        let outcome = program.outcome(of: try program.start(["doctor", "--json"] + arguments))
        let list = try outcome.json()["data"] as? [[String: Any]] ?? []
        var found: [String: (isRight: Bool, text: String)] = [:]
        for finding in list {
            found[finding["name"] as? String ?? ""] = (
                finding["isRight"] as? Bool ?? false, "\(finding["detail"] ?? "") \(finding["hint"] ?? "")"
            )
        }
        return (outcome.exitCode, found)
    }

    private static func write(_ text: String, _ name: String, _ program: Program) throws {
        try program.folder.write(text, to: "\(RunningCoordinator.home)/\(name)")
    }

    @Test("A coordinator that runs, was killed or was stopped: all is well, and its port is its own or free")
    func lifetimes() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let running = try Self.findings(program, "--coordinator", "coordinator")
        #expect(running.exitCode == 0, "\(running)")
        #expect(running.1["port"]?.text.contains("\(coordinator.address), used by this coordinator") == true)
        #expect(running.1["process"]?.text.contains("running") == true)
        coordinator.end(SIGKILL)
        let killed = try Self.findings(program, "--coordinator", "coordinator")
        #expect(killed.exitCode == 0, "\(killed)")
        #expect(killed.1["ledger"]?.text.contains("not closed by its last process") == true)
        let again = try RunningCoordinator(program)
        again.end(SIGTERM)
        let stopped = try Self.findings(program, "--coordinator", "coordinator")
        #expect(stopped.exitCode == 0, "\(stopped)")
        #expect(stopped.1["ledger"]?.text.contains("not closed") == false)
        #expect(stopped.1["port"]?.text.contains("any free one is taken at the start") == true)
    }

    @Test("A port that another program has is wrong, and doctor says how to find it")
    func port() throws {
        let other = try Program()
        let owner = try RunningCoordinator(other)
        let program = try Program()
        #expect(try program.run("coordinator", "init", "--listen", owner.address).exitCode == 0)
        let found = try Self.findings(program, "--coordinator", "coordinator")
        #expect(found.exitCode == 1)
        #expect(found.1["port"]?.isRight == false)
        #expect(found.1["port"]?.text.contains("another program listens at \(owner.address)") == true)
    }

    @Test(
        "A file of a coordinator that is damaged or gone is named, with what to do",
        arguments: [
            ("invitations", "garbage\n", "invitations is damaged at line 1", "remove the line"),
            ("bans", "17\nnobody\n", "bans has no participant's number in line 2", "one number a line"),
            ("tls/key.pem", "garbage\n", "tls/key.pem: the file holds no PEM private key", "matching pair"),
            ("tls/certificate.pem", "garbage\n", "tls/certificate.pem: the file holds no PEM", "matching pair"),
            ("tls/certificate.pem", nil, "there is no file", "tributary coordinator renew --home /"),
            ("ledger.sqlite", nil, "there is no file", "restore it from a backup"),
        ])
    func damage(_ name: String, _ text: String?, _ says: String, _ hint: String) throws {
        let program = try Program()
        #expect(try program.run("coordinator", "init", "--listen", "127.0.0.1:0").exitCode == 0)
        if let text {
            try Self.write(text, name, program)
        } else {
            try FileManager.default.removeItem(at: program.folder.url.appendingPathComponent("coordinator/\(name)"))
        }
        let found = try Self.findings(program, "--coordinator", "coordinator")
        #expect(found.exitCode == 1)
        let wrong = found.1.filter { !$0.value.isRight }
        #expect(wrong.count == 1, "\(wrong)")
        let words = wrong.first?.value.text ?? ""
        #expect(words.contains(says) && words.contains(hint) && words.contains(name), "\(words)")
    }

    @Test("An agent's folder: what it needs and whether the coordinator answers; nothing is fine that cannot be known")
    func agent() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let joined = try program.run("agent", "join", coordinator.joinString(), "--home", "a", "--data", "digits")
        #expect(joined.exitCode == 0, "\(joined.errors)")
        let well = try Self.findings(program, "--agent", "a")
        #expect(well.exitCode == 0, "\(well)")
        #expect(well.1["coordinator"]?.text.contains("certificate and log key as pinned") == true)
        #expect(well.1["clock"]?.text.contains("s from the coordinator's") == true)
        try program.folder.write("tharads: 3\n", to: "a/agent.yaml")
        coordinator.end(SIGTERM)
        let ill = try Self.findings(program, "--agent", "a")
        #expect(ill.exitCode == 1)
        for name in ["settings", "data", "coordinator"] { #expect(ill.1[name]?.isRight == false, "\(name)") }
        #expect(ill.1["clock"] == nil)
        #expect(ill.1["data"]?.text.contains("agent.yaml") == true)
    }
}
