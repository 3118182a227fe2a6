import AgentClient
import Testing

@Suite("What the log says of a round's training")
struct TrainingNoteTests {
    private func figures(_ metrics: [String: Double]) -> String? {
        TrainingNote(seconds: 1, metrics: metrics).figures
    }

    @Test("A few figures with a few digits, those that were cut off first and not where there are none")
    func words() {
        #expect(figures([:]) == nil)
        #expect(figures(["saturated": 0]) == nil)
        #expect(figures(["loss": 0.123456, "accuracy": 1, "saturated": 3]) == "saturated 3, accuracy 1, loss 0.1235")
        #expect(figures(["a": -1234.56, "b": 1e-9, "c": 1e300]) == "a -1235, b 1e-09, c 1e+300")
        #expect(figures(["a": 0, "b": -0.000123456, "c": 99.99951]) == "a 0, b -0.0001235, c 100")
    }

    @Test("However many a trainer has, and whatever it calls them, they stay one short line")
    func bounds() throws {
        let metrics = (0..<64).map { ("\($0)\n\u{1B}[2J" + String(repeating: "x", count: 500), Double($0)) }
        let text = try #require(figures(Dictionary(uniqueKeysWithValues: metrics)))
        #expect(text.hasSuffix(", 56 more") && text.count < 400)
        #expect(!text.contains { $0.isNewline || $0 == "\u{1B}" })
    }

    @Test("A round's line has the trainer's figures")
    func line() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        #expect(try await room.runner(trainer: ZeroTrainer(metrics: ["loss": 0.5])).run() == 1)
        withExtendedLifetime(lock) {}
        let line = try #require(room.log.first { $0.hasPrefix("round 1: trained on 10 examples in") })
        #expect(line.contains(" (loss 0.5), sent "))
    }
}
