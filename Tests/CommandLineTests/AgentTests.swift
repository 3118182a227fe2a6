import Foundation
import Testing

@Suite("tributary agent", .timeLimit(.minutes(5)))
struct AgentTests {
    @Test("Without a consent file nothing is trained; joining with the same join string writes it again")
    func missingConsent() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program, participation: [])
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

    @Test("Joining once more notes the data in agent.yaml, and says that the label stays")
    func joinedAgain() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program, participation: [])
        let line = try coordinator.invitation()
        let first = try program.run("agent", "join", line, "--label", "north gate", "--home", "agent")
        #expect(first.output.contains("--home \(program.folder.url.path)/agent --data PATH"), "\(first.output)")
        // No round is to wait for an agent that does not run yet.
        let people = try program.run("coordinator", "status", "--home", "coordinator")
        #expect(people.output.contains("1 participant, 0 available"), "\(people.output)")
        let again = try program.run("agent", "join", line, "--label", "x", "--data", "digits", "--home", "agent")
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(again.output.contains("label    stays \"north gate\""), "\(again.output)")
        #expect(again.output.contains("data     digits, noted in"), "\(again.output)")
        #expect(!again.output.contains("--data PATH"), "\(again.output)")
        #expect(program.folder.text("agent/agent.yaml").contains("\ndata: \"digits\"\n"))
        // A package links the file to its configuration.
        let file = program.folder.url.appendingPathComponent("agent/agent.yaml")
        try FileManager.default.removeItem(at: file)
        try program.folder.write("nice: 3\n", to: "packaged.yaml")
        try FileManager.default.createSymbolicLink(
            at: file, withDestinationURL: program.folder.url.appendingPathComponent("packaged.yaml"))
        let linked = try program.run("agent", "join", line, "--data", "digits", "--home", "agent")
        #expect(linked.exitCode == 0 && linked.output.contains("data     not noted: "), "\(linked.output)")
        #expect(program.folder.text("packaged.yaml") == "nice: 3\n")
        let status = try program.run("agent", "status", "--home", "agent")
        #expect(status.output.contains("tributary agent run --home \(program.folder.url.path)/agent"))
        withExtendedLifetime(coordinator) {}
    }

    @Test("Nothing to train on, or no program to train with: 66")
    func nothingToTrain() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program, participation: [])
        let joined = try program.run("agent", "join", coordinator.invitation(), "--home", "agent")
        #expect(joined.exitCode == 0, "\(joined.errors)")
        let none = try program.run("agent", "run", "--home", "agent")
        #expect(none.exitCode == 66 && none.errors.contains("there are no data to train on"), "\(none.errors)")
        let strange = try program.run("agent", "run", "--home", "agent", "--trainer", "nosuchprog")
        #expect(strange.exitCode == 66 && strange.errors.contains("there is no program"), "\(strange.errors)")
        let left = try program.run("agent", "leave", "--home", "agent")
        #expect(left.output.contains("next     tributary agent run --home "), "\(left.output)\(left.errors)")
        withExtendedLifetime(coordinator) {}
    }
}
