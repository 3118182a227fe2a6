import Foundation
import Testing

@Suite("tributary agent", .timeLimit(.minutes(5)))
struct AgentTests {
    @Test("Without a consent file nothing is trained; joining with the same join string writes it again")
    func missingConsent() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let line = try coordinator.invitation()
        let joined = try program.run("agent", "join", line, "--data", "digits", "--home", "agent")
        #expect(joined.exitCode == 0, "\(joined.errors)")
        let consent = program.folder.text("agent/consent.yaml")
        #expect(consent.contains("schema: { features: 64, classes: 10 }") && consent.contains("privacy: [none]"))
        let file = program.folder.url.appendingPathComponent("agent/consent.yaml")
        try FileManager.default.removeItem(at: file)
        for command in [["agent", "run", "--home", "agent"], ["doctor", "--agent", "agent"]] {
            let refused = program.outcome(of: try program.start(command))
            #expect(refused.exitCode == (command[0] == "agent" ? 66 : 1))
            let said = refused.output + refused.errors
            #expect(said.contains("agent/consent.yaml is missing") && said.contains("tributary agent join"), "\(said)")
        }
        // The invitation was for one, and is used up; the data are those that agent.yaml names.
        let again = try program.run("agent", "join", line, "--home", "agent")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(program.folder.text("agent/consent.yaml") == consent)
        withExtendedLifetime(coordinator) {}
    }
}
