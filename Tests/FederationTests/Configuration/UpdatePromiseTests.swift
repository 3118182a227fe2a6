import Federation
import Testing

@Suite("What a task's file promises to keep")
struct UpdatePromiseTests {
    private static let minimal = "name: kept\nschema: { features: 4, classes: 3 }\ncohort: { size: 4 }\n"

    @Test("The key is read and written; a task that says nothing keeps everything, and has the id it had before")
    func key() throws {
        let silent = try TaskConfiguration(text: Self.minimal)
        #expect(silent.retain == .all)
        #expect(!silent.text.contains("retain"))
        let rules: [(String, UpdatePromise)] = [
            ("all", .all), ("none", .none), ("last 1", .lastRounds(1)), ("last 20", .lastRounds(20)),
        ]
        for (word, promise) in rules {
            let task = try TaskConfiguration(text: Self.minimal + "retain: \(word)\n")
            #expect(task.retain == promise)
            #expect(try TaskConfiguration(text: task.text) == task)
            #expect((task.text == silent.text) == (promise == .all))
        }
    }

    @Test(
        "Anything else is refused",
        arguments: ["\"\"", "last", "last 0", "last -1", "last +3", "last 2 3", "last  2", "some", "70000", "last 1e3"])
    func malformed(word: String) {
        #expect(throws: FederationError(.invalidValue, "")) {
            try TaskConfiguration(text: Self.minimal + "retain: \(word)\n")
        }
    }

    @Test("The last rounds are counted from the last one that is over")
    func rounds() {
        for round in UInt32(1)...9 {
            #expect(UpdatePromise.all.covers(round, newest: 9))
            #expect(!UpdatePromise.none.covers(round, newest: 9))
            #expect(UpdatePromise.lastRounds(3).covers(round, newest: 9) == (round >= 7))
            #expect(UpdatePromise.lastRounds(20).covers(round, newest: 9))
        }
        #expect(UpdatePromise.lastRounds(.max).covers(1, newest: .max))
    }
}
