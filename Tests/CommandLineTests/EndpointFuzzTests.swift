import Foundation
import Testing

@Suite("A coordinator's endpoints under wrong requests")
struct EndpointFuzzTests {
    /// The fuzzer, where this checkout has it and Python is installed.
    static let script: URL? = {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Simulations/fuzz/endpoints.py")
        let files = FileManager.default
        let isThere = files.isExecutableFile(atPath: "/usr/bin/python3") && files.fileExists(atPath: script.path)
        return isThere ? script : nil
    }()

    @Test(
        "A thousand requests, right and wrong, have documented answers and leave the coordinator well",
        .enabled(if: script != nil, "python3 is not installed"), .timeLimit(.minutes(10)))
    func requests() throws {
        let program = try Program()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            try #require(Self.script).path, Program.url.path, "--requests", "1000", "--seed", "7", "--workers", "2",
        ]
        let output = try program.folder.newFile("stdout")
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": program.folder.url.path, "TMPDIR": program.folder.url.path,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(program.folder.text("stdout").suffix(4_000))")
    }
}
