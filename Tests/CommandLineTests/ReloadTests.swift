import Foundation
import Testing

@Suite("A coordinator that reads its files anew")
struct ReloadTests {
    private static func read(_ coordinator: RunningCoordinator, times: Int) throws {
        coordinator.send(SIGHUP)
        try coordinator.wait { coordinator.log.components(separatedBy: "were read anew").count == times + 1 }
    }

    @Test("SIGHUP takes up a renewed certificate, bans and settings; who has the new join string is who it was")
    func renewed() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let old = try coordinator.joinString()
        #expect(try program.run("agent", "join", old, "--home", "a", "--json").data()["participant"] as? Int == 0)
        let renewed = try program.run("coordinator", "renew")
        #expect(renewed.exitCode == 0, "\(renewed.errors)")
        for words in ["Agents pin the certificate", "kill -HUP", "agent join"] {
            #expect(renewed.output.contains(words), "\(renewed.output)")
        }
        // Not before it is told.
        #expect(try program.run("agent", "join", old, "--home", "a").exitCode == 0)
        try Self.read(coordinator, times: 1)
        let refused = try program.run("agent", "join", old, "--home", "a")
        #expect(refused.exitCode == 2 && refused.errors.contains("shows another certificate"), "\(refused.errors)")
        let new = try coordinator.joinString()
        #expect(new != old)
        #expect(try program.run("agent", "join", new, "--home", "a", "--json").data()["participant"] as? Int == 0)
        let settings = program.folder.text("coordinator/coordinator.yaml")
        try program.folder.write(
            settings.replacingOccurrences(of: "participation: open", with: "participation: invited"),
            to: "coordinator/coordinator.yaml")
        try program.folder.write("0\n", to: "coordinator/bans")
        try Self.read(coordinator, times: 2)
        let banned = try program.run("agent", "join", new, "--home", "a")
        #expect(banned.exitCode == 77, "\(banned.errors)")
        let status = try program.run("coordinator", "status", "--json").data()
        let people = status["participants"] as? [[String: Any]] ?? []
        #expect(people.first?["banned"] as? Bool == true, "\(people)")
        #expect(!coordinator.log.contains("stopp"), "\(coordinator.log)")
        coordinator.end(SIGTERM)
    }

    @Test("SIGHUP with a file that cannot be read changes nothing, and says which one and where")
    func damaged() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let join = try coordinator.joinString()
        let settings = program.folder.text("coordinator/coordinator.yaml")
        for (name, text, says) in [
            ("coordinator.yaml", settings + "names: [1\n", "coordinator.yaml: not valid YAML: line "),
            ("bans", "nobody\n", "bans has no participant's number in line 1"),
            ("invitations", "garbage\n", "invitations is damaged at line 1"),
        ] {
            let before = program.folder.text("coordinator/\(name)")
            try program.folder.write(text, to: "coordinator/\(name)")
            #expect(try program.run("coordinator", "renew").exitCode == (name == "coordinator.yaml" ? 65 : 0))
            coordinator.send(SIGHUP)
            try coordinator.wait { coordinator.log.contains(says) }
            try program.folder.write(before, to: "coordinator/\(name)")
            #expect(try program.run("agent", "join", join, "--home", "a").exitCode == 0, "\(name)")
        }
        #expect(coordinator.log.components(separatedBy: "nothing was changed").count == 4, "\(coordinator.log)")
    }

    @Test("A coordinator that was killed speaks of its open round by the task's name")
    func namesAfterRestart() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let joined = try program.run("agent", "join", coordinator.joinString(), "--home", "a", "--data", "digits")
        #expect(joined.exitCode == 0, "\(joined.errors)")
        try program.folder.write(
            """
            name: gates
            schema: { features: 64, classes: 10 }
            rounds: 2
            cohort: { size: 1, quorum: 1 }
            reward: { score: samples, samples_cap: 1000, pool: "20", unproved_pay: accepted }

            """, to: "gates.yaml")
        #expect(try program.run("task", "open", "gates.yaml", "--data", "digits").exitCode == 0)
        #expect(try program.run("agent", "run", "--home", "a", "--once").exitCode == 0)
        let line = "round 2 of gates, invited: 1"
        try coordinator.wait { coordinator.log.contains(line) }
        coordinator.end(SIGKILL)
        let again = try RunningCoordinator(program)
        try again.wait { again.log.contains(line) }
        again.end(SIGTERM)
    }

    @Test("An expired certificate is renewed as it is called in the settings, and the old pair is kept")
    func keepsTheOldPair() throws {
        let program = try Program()
        #expect(try program.run("coordinator", "init", "--host", "fl.example.org").exitCode == 0)
        let before = program.folder.text("coordinator/tls/certificate.pem")
        let key = program.folder.text("coordinator/tls/key.pem")
        for number in 1...2 {
            let renewed = try program.run("coordinator", "renew", "--json").data()
            #expect((renewed["kept_key"] as? String)?.hasSuffix("tls/key.pem.old-\(number)") == true)
        }
        #expect(program.folder.text("coordinator/tls/certificate.pem.old-1") == before)
        #expect(program.folder.text("coordinator/tls/key.pem.old-1") == key)
        #expect(program.folder.text("coordinator/tls/certificate.pem") != before)
        for name in ["key.pem", "key.pem.old-1", "key.pem.old-2"] {
            let path = program.folder.url.appendingPathComponent("coordinator/tls/\(name)").path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
        #expect(try program.run("coordinator", "renew", "--home", "x").exitCode == 66)
    }
}
