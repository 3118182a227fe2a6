import Federation
import Tensors
import Testing

@Suite("The nearest known word")
struct NearestWordTests {
    @Test(
        "Known distances",
        arguments: [
            ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("same", "same", 0),
            ("rounds", "round", 1), ("intention", "execution", 5),
        ]
    )
    func distances(left: String, right: String, expected: Int) {
        #expect(NearestWord.distance(Array(left.utf8), Array(right.utf8)) == expected)
    }

    @Test("Distances of all short words are those of the recursive definition")
    func exhaustive() {
        let words =
            [[]]
            + (1...3).flatMap { length in
                (0..<(1 << length)).map { bits in (0..<length).map { UInt8(truncatingIfNeeded: bits >> $0 & 1) } }
            }
        func reference(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
            guard let a = left.first, let b = right.first else { return max(left.count, right.count) }
            if a == b { return reference(left.dropFirst(), right.dropFirst()) }
            return 1
                + min(
                    reference(left.dropFirst(), right),
                    reference(left, right.dropFirst()),
                    reference(left.dropFirst(), right.dropFirst())
                )
        }
        for left in words {
            for right in words { #expect(NearestWord.distance(left, right) == reference(left[...], right[...])) }
        }
    }

    @Test("A word within a third of its length is suggested, one farther away is not")
    func suggestions() {
        let known = ["rounds", "cohort", "reward", "seed"]
        #expect(NearestWord.to("round", among: known) == "rounds")
        #expect(NearestWord.to("ROUNDS", among: known) == "rounds")
        #expect(NearestWord.to("cohrot", among: known) == "cohort")
        #expect(NearestWord.to("rewards", among: known) == "reward")
        #expect(NearestWord.to("sead", among: known) == "seed")
        #expect(NearestWord.to("participants", among: known) == nil)
        #expect(NearestWord.to("x", among: known) == nil)
        #expect(NearestWord.to("anything", among: []) == nil)
        #expect(NearestWord.to(String(repeating: "long", count: 100_000), among: known) == nil)
    }
}
