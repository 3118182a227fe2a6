import Foundation
import Testing

@Suite("A coordinator's folder that is not the newest copy", .timeLimit(.minutes(5)))
struct RestoredFolderTests {
    private static let task = """
        name: gates
        schema: { features: 64, classes: 10 }
        rounds: 3
        cohort: { size: 1, quorum: 1 }
        reward: { score: samples, samples_cap: 1000, pool: "30", unproved_pay: accepted }

        """

    private func copy(_ program: Program, _ from: String, to: String) throws {
        let files = FileManager.default
        try? files.removeItem(at: program.folder.url.appendingPathComponent(to))
        try files.copyItem(
            at: program.folder.url.appendingPathComponent(from), to: program.folder.url.appendingPathComponent(to))
    }

    @Test(
        "It does not run beside the newer one (69), nor in its place after kill -9 (65), and its history stands still")
    func restored() throws {
        let program = try Program()
        var coordinator = try RunningCoordinator(program)
        /// It is at another port after each start.
        func join() throws {
            let joined = try program.run("agent", "join", coordinator.joinString(), "--home", "a", "--data", "digits")
            #expect(joined.exitCode == 0, "\(joined.errors)")
        }
        try join()
        coordinator.end(SIGTERM)
        try copy(program, "coordinator", to: "backup")
        coordinator = try RunningCoordinator(program)
        let beside = try program.run("coordinator", "run", "--home", "backup")
        #expect(beside.exitCode == 69, "\(beside.errors)")
        #expect(beside.errors.contains("another process signs with the key of"), "\(beside.errors)")
        try join()
        try program.folder.write(Self.task, to: "gates.yaml")
        #expect(try program.run("task", "open", "gates.yaml", "--data", "digits").exitCode == 0)
        let worked = try program.run("agent", "run", "--home", "a", "--once")
        #expect(worked.exitCode == 0, "\(worked.errors)")
        // The agent has seen signed heads by now; the coordinator had no time to write anything down at its end.
        coordinator.end(SIGKILL)
        try copy(program, "backup", to: "coordinator")
        let before = try program.run("ledger", "verify", "coordinator", "--json")
        let refused = try program.run("coordinator", "run")
        #expect(refused.exitCode == 65, "\(refused.errors)")
        for words in ["an old copy restored", "put the newest copy back", "make a coordinator in another folder"] {
            #expect(refused.errors.contains(words), "\(refused.errors)")
        }
        #expect(try program.run("ledger", "verify", "coordinator", "--json").output == before.output)
    }
}
