import Foundation
import Testing

@Suite("A coordinator from its backup", .timeLimit(.minutes(5)))
struct BackupTests {
    @Test("What operator.md says to back up is enough: it starts, and participants go on")
    func restored() throws {
        let program = try Program()
        var coordinator = try RunningCoordinator(program)
        /// The number under which the one agent is known, which a join string of the coordinator as it is now tells.
        func participant() throws -> Int? {
            let joined = try program.run(
                "agent", "join", coordinator.joinString(), "--home", "a", "--data", "digits", "--json")
            #expect(joined.exitCode == 0, "\(joined.errors)")
            return try joined.data()["participant"] as? Int
        }
        #expect(try participant() == 0)
        coordinator.end(SIGTERM)
        let home = program.folder.url.appendingPathComponent("coordinator")
        let files = FileManager.default
        let backedUp = ["ledger.sqlite", "coordinator.key", "tls", "tasks", "coordinator.yaml"]
        for name in try files.contentsOfDirectory(atPath: home.path) where !backedUp.contains(name) {
            try files.removeItem(at: home.appendingPathComponent(name))
        }
        coordinator = try RunningCoordinator(program)
        #expect(try participant() == 0)
        coordinator.end(SIGTERM)
        // Without coordinator.yaml, as older documents had it: init writes it anew and keeps the rest.
        try files.removeItem(at: home.appendingPathComponent("coordinator.yaml"))
        let refused = try program.run("coordinator", "run")
        #expect(refused.exitCode == 66)
        #expect(refused.errors.contains("coordinator init --home \(home.path)"), "\(refused.errors)")
        let completed = try program.run("coordinator", "init", "--listen", "127.0.0.1:0", "--open", "--json").data()
        #expect(completed["taken_up"] as? Bool == true)
        coordinator = try RunningCoordinator(program)
        #expect(try participant() == 0)
        coordinator.end(SIGTERM)
    }
}
