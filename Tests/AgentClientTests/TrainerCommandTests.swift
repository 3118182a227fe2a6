import AgentClient
import Foundation
import TestSupport
import Testing

@Suite("A trainer's command line")
struct TrainerCommandTests {
    @Test(
        "Is split as by a shell that expands nothing",
        arguments: [
            ("python3 train.py", ["python3", "train.py"]),
            ("  a   b\tc ", ["a", "b", "c"]),
            ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
            ("a '' \"\"", ["a", "", ""]),
            ("a'b'\"c\"d", ["abcd"]),
            ("a '$HOME \\x' \"\\\"q\\\" \\n\" *", ["a", "$HOME \\x", "\"q\" \\n", "*"]),
            ("", []),
        ] as [(String, [String])])
    func words(text: String, words: [String]) throws {
        #expect(try ExternalTrainer.words(of: text) == words)
    }

    @Test("Is refused with an open quote or a backslash at its end", arguments: ["a 'b", "a \"b", "a \\", "'"])
    func openQuotes(text: String) {
        #expect(throws: AgentError(.invalidSettings, "")) { try ExternalTrainer.words(of: text) }
    }

    @Test(
        "Names a program that is there",
        arguments: [
            ([], .invalidSettings), ([""], .invalidSettings), (["a\0b"], .invalidSettings),
            (["no-such-program"], .inputMissing), (["/no/such/program"], .inputMissing), (["/usr"], .inputMissing),
        ] as [([String], AgentError.Code)])
    func program(command: [String], code: AgentError.Code) {
        #expect(throws: AgentError(code, "")) { try ExternalTrainer(command: command, dataPath: nil) }
    }

    @Test("Has the programs and files that it names by relative paths made absolute, and nothing else")
    func absolutePaths() throws {
        let here = FileManager.default.currentDirectoryPath
        let trainer = try ExternalTrainer(
            command: ["sh", "Package.swift", "-x", "no-such-file", "/usr"], dataPath: "Sources")
        #expect(trainer.command[0].hasPrefix("/") && trainer.command[0].hasSuffix("/sh"))
        #expect(Array(trainer.command.dropFirst()) == ["\(here)/Package.swift", "-x", "no-such-file", "/usr"])
        #expect(trainer.dataPath == "\(here)/Sources")
        #expect(try ExternalTrainer(command: ["sh"], dataPath: "digits").dataPath == "digits")
    }
}
