import Foundation
import Testing

@Suite("A participant that is not ours")
struct PythonParticipantTests {
    private static let client = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Simulations/clients/minimal.py").standardizedFileURL

    /// Whether there is a Python with what the client imports.
    private static let isPossible: Bool = {
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        probe.arguments = ["python3", "-c", "import cryptography, numpy"]
        probe.standardOutput = FileHandle.nullDevice
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()

    private static let scenario = """
        name: linear
        seed: 4
        rounds: 2
        data: { source: digits, validation: 60, test: 60 }
        partition: { rule: iid }
        model: { hidden: [] }
        training: { epochs: 1, batch: 10, learning_rate: 0.2 }
        cohort: { size: 1, quorum: 1, deadline_s: 600 }
        reward: { score: value, pool: "20", target_drop: 2, source: emission, cap: "1000", unproved_pay: accepted }
        participants:
          - { kind: honest, count: 1 }

        """

    @Test(
        "A client in Python of under a hundred lines takes part by what Protocols/http.md says",
        .enabled(if: isPossible, "needs python3 with cryptography and numpy"))
    func takesPart() throws {
        let lines = try String(contentsOf: Self.client, encoding: .utf8).split(separator: "\n")
        #expect(lines.count < 100)
        let program = try Program()
        let folder = program.folder.url
        let home = folder.appendingPathComponent("coordinator").path
        try Data(Self.scenario.utf8).write(to: folder.appendingPathComponent("linear.yaml"))
        let rows = (0..<60).map { row in
            (0..<64).map { "\(Double((row * 7 + $0 * 3) % 17) / 16)" }.joined(separator: ",") + ",\(row % 10)\n"
        }
        try Data(rows.joined().utf8).write(to: folder.appendingPathComponent("rows.csv"))
        try Data((0..<32).map { UInt8($0) }).write(to: folder.appendingPathComponent("key"))
        #expect(
            try program.run("coordinator", "init", "--home", home, "--open", "--listen", "127.0.0.1:0").exitCode == 0)
        let coordinator = Process()
        coordinator.executableURL = Program.url
        coordinator.arguments = ["coordinator", "run", "--home", home, "--exit-when-closed"]
        coordinator.standardOutput = FileHandle.nullDevice
        coordinator.standardError = FileHandle.nullDevice
        try coordinator.run()
        defer { coordinator.terminate() }
        let deadline = Date().addingTimeInterval(60)
        while !FileManager.default.fileExists(atPath: "\(home)/address"), Date() < deadline { usleep(20_000) }
        let invited = try program.run("coordinator", "invite", "--home", home, "--open", "--quiet")
        let join = invited.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(join.hasPrefix("tributary://"))
        let opened = try program.run("task", "open", "linear.yaml", "--home", home)
        #expect(opened.exitCode == 0, "\(opened.errors)")
        let answer = Pipe()
        let participant = Process()
        participant.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        participant.arguments = ["python3", Self.client.path, join, "key", "rows.csv", "2"]
        participant.currentDirectoryURL = folder
        participant.standardOutput = answer
        try participant.run()
        let text = String(decoding: answer.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        participant.waitUntilExit()
        #expect(participant.terminationStatus == 0)
        #expect(text.components(separatedBy: "the receipt proves it").count == 3, "\(text)")
        coordinator.waitUntilExit()
        #expect(coordinator.terminationStatus == 0)
        #expect(try program.run("audit", home).exitCode == 0)
    }
}
