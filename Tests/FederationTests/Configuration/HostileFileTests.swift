import Federation
import Foundation
import TestSupport
import Testing

@Suite("Hostile task files")
struct HostileFileTests {
    private func refusal(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> FederationError? {
        #expect(throws: FederationError.self, sourceLocation: sourceLocation) { try ConfigurationSection(text: text) }
    }

    @Test(
        "Anchors and aliases are refused with their line",
        arguments: [
            "a: &x 1\nb: *x", "a: {b: &x 1}", "a: [*x]", "- &x", "&x a: 1", "{&x a: 1}", "a: {\"b\":&x 1}",
            "? &x a\n: 1",
            "a: \"x #\"\nb: &x 1", "\"x #\": &x 1", "'x #': *x", "a: \"one\n  # two\" \nb: [\"x #\", *x]",
            "# comment\r&x a: 1", "# comment\u{85}&x a: 1", "# comment\u{2028}&x a: 1", "{Å#: *x}", "{a\u{A8}#: *x}",
            "a: ! &x 1",
        ]
    )
    func references(text: String) throws {
        let error = try #require(refusal(text))
        #expect(error.code == .malformedConfiguration)
        #expect(error.message.contains("anchor or alias"))
    }

    @Test(
        "Ampersands and stars in comments, words and spaced text are none",
        arguments: ["a: 1 # *all* &c", "a: R&D", "a: 2*3", "a: \"x & y * z\"", "# *it\na: 1", "a: \"100\" # 100 * 3"]
    )
    func innocent(text: String) throws {
        #expect(try ConfigurationSection(text: text).has("a"))
    }

    @Test("Aliases of aliases cannot blow up")
    func billionLaughs() throws {
        var text = "a0: &a0 [x, x]\n"
        for level in 1..<30 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(try #require(refusal(text)).code == .malformedConfiguration)
        // The same behind something that looks like a comment.
        var hidden = "a: { \"x #\": &a0 [x, x],\n"
        for level in 1..<30 { hidden += "\"y #\(level)\": &a\(level) { ? [*a\(level - 1), *a\(level - 1)] : 1 },\n" }
        #expect(try #require(refusal(hidden + "}\n")).code == .malformedConfiguration)
    }

    @Test("Deep nesting is refused, in brackets, hidden brackets and blocks", .timeLimit(.minutes(10)))
    func nesting() throws {
        let line = String(repeating: "[", count: 1_000)
        #expect(try #require(refusal("a: " + line)).message.contains("brackets"))
        #expect(
            try #require(refusal("a: " + String(repeating: "{a: ", count: 200) + "\n" + line)).message.contains(
                "brackets"
            )
        )
        #expect(try #require(refusal("\"x #\": " + line)).message.contains("brackets"))
        #expect(try #require(refusal("a: \"one\n # two\": " + line)).message.contains("brackets"))
        #expect(try #require(refusal("a: # comment\u{2029}" + line)).message.contains("brackets"))
        let block = (0..<240).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        _ = try? ConfigurationSection(text: block)
        _ = try? ConfigurationSection(text: "a: " + String(repeating: "- ", count: 500))
        _ = try? ConfigurationSection(text: String(repeating: "- ", count: 500) + "a")
        _ = try? ConfigurationSection(text: String(repeating: "? ", count: 500) + "a")
        _ = try? ConfigurationSection(text: (0..<30).map { String(repeating: "? ", count: $0 * 16) + "a\n" }.joined())
    }

    @Test("A file or a line past its limit is refused before it is parsed")
    func sizes() throws {
        let limit = FederationLimits.configurationByteCount
        let lines = String(repeating: "# 4567890123456789012345678901\n", count: limit / 31 - 1)
        #expect(try ConfigurationSection(text: lines + "a: 1\n").has("a"))
        #expect(try #require(refusal(lines + lines)).message.contains("bytes; the limit is \(limit)"))
        #expect(try #require(refusal("a: " + String(repeating: "x", count: 1_022))).message.contains("line 1"))
        #expect(try ConfigurationSection(text: "a: " + String(repeating: "x", count: 1_021)).has("a"))
    }

    @Test("A key given twice is refused", arguments: ["a: 1\nb: 2\na: 3\n", "\"a\": 1\na: 3\n", "'a': {}\na: []\n"])
    func duplicates(text: String) throws {
        #expect(try #require(refusal(text)).code == .malformedConfiguration)
    }

    @Test("A key given twice in a section is refused")
    func duplicatesBelow() throws {
        #expect(try #require(refusal("a: {b: 1, b: 1}\n")).code == .malformedConfiguration)
    }

    @Test("A key that is no word is refused", arguments: ["[a]: 1", "{a: 1}: 1", "? - a\n: 1"])
    func strangeKeys(text: String) throws {
        #expect(try #require(refusal(text)).code == .malformedConfiguration)
    }

    @Test("Sections give what they hold, or say what is wrong with it")
    func sections() throws {
        let root = try ConfigurationSection(text: "a: {b: 3, c: x, d: [1, 2]}\ne: [{b: 1}, {b: 2}]\nf: [1]\n")
        let section = try #require(try root.section("a"))
        #expect(try section.integer("b", in: 1...5) == 3)
        #expect(try section.number("b", in: 1...5) == 3)
        #expect(try section.word("c", among: ["x", "y"]) == "x")
        #expect(try section.integers("d", in: 0...2) == [1, 2])
        #expect(try root.sections("e")?.map { try $0.integer("b", in: 0...9) } == [1, 2])
        #expect(try root.section("z") == nil && root.sections("z") == nil && root.string("z") == nil)
        #expect(root.has("e") && !root.has("z"))
        #expect(throws: FederationError(.invalidValue, "")) { try section.word("c", among: ["z"]) }
        #expect(throws: FederationError(.invalidValue, "")) { try root.section("f") }
        #expect(throws: FederationError(.invalidValue, "")) { try root.sections("f") }
        #expect(throws: FederationError(.invalidValue, "")) { try root.sections("a") }
        let error = #expect(throws: FederationError.self) { try section.integer("b", in: 4...5) }
        #expect(error?.message == "a.b must be a whole number from 4 to 5, not \"3\" (line 1)")
        #expect(section.missing("q").message == "a.q is missing (section at line 1)")
    }

    @Test("Thousands of mutated inputs give tasks or typed errors, and tasks read back")
    func mutations() throws {
        var seeds = [try Fixtures.task(stopAccuracy: 0.9).text]
        if ScenarioFiles.arePresent { seeds += try ScenarioFiles.texts() }
        let inputs = seeds.map { Array($0.utf8) }
        var mutator = Mutator(seed: 8)
        var (read, refused) = (0, 0)
        for _ in 0..<Mutator.inputCount {
            let text = String(decoding: mutator.mutate(inputs), as: UTF8.self)
            do throws(FederationError) {
                _ = try TaskConfiguration(text: text)
                read += 1
            } catch {
                #expect(!error.message.isEmpty)
                refused += 1
            }
            do throws(FederationError) {
                let root = try ConfigurationSection(text: text)
                let task = try TaskConfiguration(section: root, featureCount: 64, classCount: 10)
                #expect(try TaskConfiguration(text: task.text) == task)
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 0 && refused > 0)
    }
}
