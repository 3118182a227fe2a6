import Attestation
import Foundation
import Testing
import Wire

@Suite("What the network commands say when something is wrong")
struct NetworkMessageTests {
    /// A command that fails: with which exit code, and with which words.
    private struct Case {
        let arguments: [String]
        let exitCode: Int32
        let says: [String]

        init(_ arguments: [String], _ exitCode: Int32, _ says: String...) {
            self.arguments = arguments
            self.exitCode = exitCode
            self.says = says
        }
    }

    private static func check(_ program: Program, _ cases: [Case]) throws {
        for one in cases {
            let outcome = program.outcome(of: try program.start(one.arguments))
            #expect(outcome.exitCode == one.exitCode, "\(one.arguments): \(outcome.errors)")
            for words in one.says { #expect(outcome.errors.contains(words), "\(one.arguments): \(outcome.errors)") }
            // What a library says of itself is not for people.
            for word in ["errno", "Error(", "NIO"] { #expect(!outcome.errors.contains(word), "\(outcome.errors)") }
        }
    }

    @Test("A join string that is not this coordinator's, an unknown invitation, data that cannot be read")
    func joining() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program, participation: [])
        let join = try JoinString(parsing: coordinator.joinString())
        let otherLog = try NoteVerifier(name: join.verifier.name, publicKey: SigningKey.generate().publicKey)
        func changed(
            certificate: Digest? = nil, log: NoteVerifier? = nil, invitation: String? = nil, port: Int? = nil
        ) -> String {
            JoinString(
                host: join.host, port: port ?? join.port, certificate: certificate ?? join.certificate,
                verifier: log ?? join.verifier, invitation: invitation ?? join.invitation
            ).text
        }
        try program.folder.write("1,2,x\n1,2\n", to: "broken.csv")
        try Self.check(
            program,
            [
                Case(
                    ["agent", "join", changed(certificate: SHA256.hash([1])), "--home", "a"], 2,
                    "shows another certificate", "hint: if the operator has renewed it"),
                Case(
                    ["agent", "join", changed(log: otherLog), "--home", "b"], 2,
                    "log has the key", "hint: its ledger is not the one you joined"),
                Case(
                    ["agent", "join", changed(invitation: "nobody-made-this"), "--home", "c"], 77,
                    "this invitation is unknown", "hint: ask the operator for another join string"),
                Case(
                    ["agent", "join", changed(invitation: ""), "--home", "d"], 77,
                    "takes participants by invitation", "hint: ask the operator"),
                Case(["agent", "join", changed(port: 1), "--home", "e"], 69, "nothing listens there"),
                Case(["agent", "join", String(join.text.dropLast(3)), "--home", "f"], 65, "cut or mistyped"),
                Case(["agent", "join", join.text, "--home", "g", "--data", "broken.csv"], 65, "broken.csv"),
                Case(["agent", "join", join.text, "--home", "h", "--data", "nowhere"], 66, "nowhere"),
            ])
    }

    @Test("A port in use, a second coordinator on a folder, addresses that are not this machine's")
    func starting() throws {
        let owner = try Program()
        let coordinator = try RunningCoordinator(owner)
        try Self.check(
            owner,
            [
                Case(
                    ["coordinator", "run"], 69, "another process runs the coordinator in", "hint: stop it first",
                    "coordinator.pid"),
                Case(["coordinator", "init"], 73, "there is a coordinator in", "tributary coordinator run --home /"),
                Case(["ledger", "verify", "coordinator"], 74, "its coordinator is running: stop it"),
            ])
        let program = try Program()
        #expect(try program.run("coordinator", "init").exitCode == 0)
        try Self.check(
            program,
            [
                Case(
                    ["coordinator", "run", "--listen", coordinator.address], 69,
                    "another program listens at \(coordinator.address)", "hint: stop it, or choose another port"),
                Case(
                    ["coordinator", "run", "--listen", "203.0.113.1:0"], 69, "this machine does not have that address",
                    "--listen"),
                Case(["coordinator", "run", "--listen", "no.such.name.invalid:0"], 69, "has no address", "hint: "),
                Case(["task", "list"], 69, "no coordinator runs in", "tributary coordinator run --home /"),
                Case(["task", "list", "--home", "x"], 66, "there is no coordinator in", "coordinator init --home /"),
            ])
        let refused = try program.run("coordinator", "run", "--listen", coordinator.address)
        #expect(!refused.errors.contains("stopped"), "it never started: \(refused.errors)")
        try program.folder.write("\u{1}\n", to: "coordinator/coordinator.yaml")
        let unreadable = try program.run("coordinator", "run")
        #expect(unreadable.exitCode == 65 && unreadable.errors.contains("coordinator.yaml: "), "\(unreadable.errors)")
        #expect(!unreadable.errors.contains("scenario"), "\(unreadable.errors)")
    }

    @Test("A task that cannot be opened: 65 or 66, the file and what to do")
    func opening() throws {
        let program = try Program()
        let coordinator = try RunningCoordinator(program)
        let task = """
            name: gates
            schema: { features: 64, classes: 10 }
            rounds: 2
            cohort: { size: 1, quorum: 1 }
            reward: { score: samples, samples_cap: 1000, pool: "20", unproved_pay: accepted }

            """
        for (name, text) in [
            ("good.yaml", task), ("misspelt.yaml", task + "trainign: { epochs: 1 }\n"),
            ("nameless.yaml", task.replacingOccurrences(of: "name: gates\n", with: "")),
            ("crooked.yaml", task + "data: [1\n"), ("words.yaml", "just words\n"),
            ("old.yaml", task.replacingOccurrences(of: #"pool: "20""#, with: #"pool_per_round: "10""#)),
            ("unproved.yaml", task.replacingOccurrences(of: ", unproved_pay: accepted", with: "")),
            (
                "unfunded.yaml",
                task.replacingOccurrences(of: "unproved_pay", with: "source: sponsor, sponsor: acme, unproved_pay")
            ),
            (
                "scenario.yaml",
                Program.tinyScenario.replacingOccurrences(of: "source: digits", with: "source: folder, path: nowhere")
            ),
        ] { try program.folder.write(text, to: name) }
        try Self.check(
            program,
            [
                Case(["task", "open", "misspelt.yaml", "--data", "digits"], 65, "misspelt.yaml: ", "training"),
                Case(["task", "open", "nameless.yaml", "--data", "digits"], 65, "nameless.yaml: ", "name"),
                Case(["task", "open", "good.yaml"], 65, "good.yaml: ", "hint: name a data set with --data"),
                Case(["task", "open", "good.yaml", "--data", "nowhere"], 66, "nowhere", "hint: check --data"),
                Case(["task", "open", "scenario.yaml"], 66, "nowhere", "scenario.yaml"),
                Case(["task", "open", "nofile.yaml"], 66, "nofile.yaml", "hint: name a task or scenario file"),
                Case(["task", "open", "crooked.yaml"], 65, "crooked.yaml: not valid YAML: line ", "hint: look at"),
                Case(["task", "open", "words.yaml"], 65, "words.yaml: ", "hint: write lines such as"),
                Case(["task", "open", "good.yaml", "--data", "digits", "--escrow", "5"], 64, "--escrow"),
                Case(
                    ["task", "open", "old.yaml", "--data", "digits"], 65, "old.yaml: ", "version 1",
                    #"pool: "20.000000""#),
                Case(["task", "open", "unproved.yaml", "--data", "digits"], 65, "unproved.yaml: ", "unproved_pay"),
                Case(["task", "open", "unfunded.yaml", "--data", "digits"], 65, "unfunded.yaml: ", "sponsor/acme"),
            ])
        let opened = try program.run("task", "open", "good.yaml", "--data", "digits")
        #expect(opened.exitCode == 0, "\(opened.errors)")
        #expect(opened.output.contains("pool   20.000000, funded\n"), "\(opened.output)")
        coordinator.end(SIGTERM)
    }
}
