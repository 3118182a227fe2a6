import AgentClient
import Attestation
import Federation
import Foundation
import Ledger
import Tensors
import TestSupport
import Testing
import Training

@Suite("What a trainer's program leaves is checked before it is used")
struct TrainerOutputTests {
    let room: TrainerRoom

    init() throws { room = try TrainerRoom() }

    /// Runs a script that leaves wrong files, and gives the refusal.
    private func refusal(_ script: String) async throws -> AgentError {
        let trainer = try room.trainer(script)
        let job = try room.job()
        do {
            _ = try await trainer.train(job)
        } catch {
            return error
        }
        Issue.record("the files were taken: \(script)")
        throw CocoaError(.featureUnsupported)
    }

    /// Runs a script that puts a file of the room in the update's place.
    private func refusal(ofUpdate name: String) async throws -> AgentError {
        try await refusal(
            "cp \"$0/\(name)\" update.safetensors; echo '{\"samples\": 30, \"steps\": 4}' > metrics.json")
    }

    @Test("A tensor that is missing, unexpected or of another shape is named")
    func layout() async throws {
        let tensors = room.layout.tensors.map { (name: $0.name, shape: $0.shape) }
        let cases: [(name: String, tensors: [(name: String, shape: [Int])], word: String)] = [
            ("missing", Array(tensors.dropLast()), "layers.1.bias"),
            ("extra", tensors + [("layers.2.kernel", [3])], "layers.2.kernel"),
            ("transposed", [("layers.0.kernel", [8, 64])] + tensors.dropFirst(), "[8, 64]"),
        ]
        for (name, tensors, word) in cases {
            try room.writeUpdate(0.1, layout: ParameterLayout(tensors), to: name)
            let error = try await refusal(ofUpdate: name)
            #expect(error.code == .trainerOutputInvalid, "\(name)")
            #expect(error.message.contains(word), "\(name): \(error)")
        }
    }

    @Test("NaN and infinities are refused with their place", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(value: Float) async throws {
        try room.writeUpdate(value)
        let error = try await refusal(ofUpdate: "good.safetensors")
        #expect(error.code == .trainerOutputInvalid)
        #expect(error.message.contains("value 0 of tensor \"layers.0.kernel\""), "\(error)")
    }

    @Test("Only float32 is taken")
    func elementType() async throws {
        try room.writeUpdate(0.1)
        let path = "\(room.folder.path)/good.safetensors"
        let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: Unicode.ASCII.self)
        let header = text.prefix { $0 != "}" }
        #expect(header.contains("F32"))
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for index in 8..<bytes.count - 2 where Array(bytes[index..<index + 3]) == Array("F32".utf8) {
            bytes.replaceSubrange(index..<index + 3, with: Array("I32".utf8))
        }
        _ = try room.folder.write(bytes, to: "integers")
        let error = try await refusal(ofUpdate: "integers")
        #expect(error.code == .trainerOutputInvalid)
        #expect(error.message.contains("I32"), "\(error)")
    }

    @Test("Bytes that are no safetensors file, or a part of one, or more than one, are refused")
    func bytes() async throws {
        try room.writeUpdate(0.1)
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(room.folder.path)/good.safetensors")))
        let cases: [(String, [UInt8])] = [
            ("empty", []), ("short", [1, 2, 3]), ("cut", Array(good.dropLast())), ("long", good + [0]),
            ("garbage", Array(repeating: 0xFF, count: 4_096)), ("text", Array("nothing was learnt".utf8)),
            ("huge", good + Array(repeating: 0, count: 65_536)),
        ]
        for (name, bytes) in cases {
            _ = try room.folder.write(bytes, to: name)
            let error = try await refusal(ofUpdate: name)
            #expect(error.code == .trainerOutputInvalid, "\(name)")
            #expect(error.message.contains("update.safetensors"), "\(name): \(error)")
        }
    }

    @Test(
        "What is no plain file is refused without being waited for or followed",
        arguments: [
            ("ln -s \"$0/good.safetensors\" update.safetensors", "symbolic link"),
            ("mkdir update.safetensors", "no regular file"), ("mkfifo update.safetensors", "no regular file"),
            (":", "missing"),
        ])
    func kinds(command: String, word: String) async throws {
        try room.writeUpdate(0.1)
        let error = try await refusal("\(command); echo '{\"samples\": 30, \"steps\": 4}' > metrics.json")
        #expect(error.code == .trainerOutputInvalid)
        #expect(error.message.contains(word), "\(error)")
        #expect(error.message.contains("update.safetensors"), "\(error)")
    }

    @Test(
        "Metrics that do not say how much was trained are refused",
        arguments: [
            "", "nonsense", "[]", "null", "{}", "{\"samples\": 3}", "{\"steps\": 3}", "{\"samples\": 0, \"steps\": 1}",
            "{\"samples\": -1, \"steps\": 1}", "{\"samples\": 1.5, \"steps\": 1}", "{\"samples\": \"3\", \"steps\": 1}",
            "{\"samples\": 1e300, \"steps\": 1}", "{\"samples\": 3, \"steps\": -1}",
            "{\"samples\": 3, \"steps\": 1e10}",
            "{\"samples\": 3, \"steps\": 1, \"loss\": NaN}", "{\"samples\": 600000000, \"steps\": 1}",
            "{\"samples\": [3], \"steps\": 1}",
        ])
    func metrics(text: String) async throws {
        try room.writeUpdate(0.1)
        _ = try room.folder.write(Array(text.utf8), to: "metrics")
        let error = try await refusal("cp \"$0/good.safetensors\" update.safetensors; cp \"$0/metrics\" metrics.json")
        #expect(error.code == .trainerOutputInvalid)
        #expect(error.message.contains("metrics.json"), "\(error)")
    }

    @Test("Metrics that are too large, or nested past any sense, are refused")
    func hugeMetrics() async throws {
        try room.writeUpdate(0.1)
        for text in [
            "{\"samples\": 3, \"steps\": 1, \"note\": \"\(String(repeating: "x", count: 70_000))\"}",
            "{\"samples\": 3, \"steps\": 1, \"a\": \(String(repeating: "[", count: 30_000))",
        ] {
            _ = try room.folder.write(Array(text.utf8), to: "metrics")
            let error = try await refusal(
                "cp \"$0/good.safetensors\" update.safetensors; cp \"$0/metrics\" metrics.json")
            #expect(error.code == .trainerOutputInvalid)
        }
    }

    @Test("Mutated files are taken or refused, and never worse")
    func fuzz() async throws {
        try room.writeUpdate(0.25)
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(room.folder.path)/good.safetensors")))
        let report = Array("{\"samples\": 30, \"steps\": 4, \"loss\": 0.5}".utf8)
        var mutator = Mutator(seed: 11)
        let trainer = try room.trainer("cp \"$0/update\" update.safetensors; cp \"$0/metrics\" metrics.json")
        for _ in 0..<min(Mutator.inputCount / 20, 2_000) {
            _ = try room.folder.write(mutator.mutate([good]), to: "update")
            _ = try room.folder.write(mutator.mutate([report]), to: "metrics")
            do {
                let trained = try await trainer.train(room.job())
                #expect(trained.values.allSatisfy(room.task.grid.contains))
            } catch let error as AgentError {
                #expect(error.code == .trainerOutputInvalid, "\(error)")
            }
        }
    }
}
