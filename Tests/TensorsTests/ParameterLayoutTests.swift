import Tensors
import Testing

@Suite("Parameter layouts")
struct ParameterLayoutTests {
    @Test("Tensors follow each other without gaps in the order given")
    func placesTensors() throws {
        let layout = try ParameterLayout([("a", [2, 3]), ("b", []), ("c", [4, 0]), ("d", [5])])
        #expect(layout.tensors.map(\.range) == [0..<6, 6..<7, 7..<7, 7..<12])
        #expect(layout.count == 12)
        #expect(layout.tensor(named: "d")?.shape == [5])
        #expect(layout.tensor(named: "e") == nil)
    }

    @Test(
        "A layout with a bad name or shape is refused",
        arguments: [
            [("", [1])], [("a", [1]), ("a", [2])], [("a", [-1])], [("a", [Int.max, 2])], [("a", [1 << 31, 2])],
            [("a", [1 << 30]), ("b", [1 << 30]), ("c", [1])],
            [("a", [Int](repeating: 1, count: TensorLimits.rank + 1))],
            [(String(repeating: "n", count: TensorLimits.nameByteCount + 1), [1])],
        ] as [[(name: String, shape: [Int])]]
    )
    func refusesBadLayouts(tensors: [(name: String, shape: [Int])]) {
        #expect(throws: TensorError(.invalidLayout, "")) { try ParameterLayout(tensors) }
    }

    @Test("Layouts are equal exactly if names, shapes and order are")
    func comparesByContent() throws {
        let layout = try ParameterLayout([("a", [2]), ("b", [3])])
        #expect(try layout == ParameterLayout([("a", [2]), ("b", [3])]))
        #expect(try layout != ParameterLayout([("b", [3]), ("a", [2])]))
        #expect(try layout != ParameterLayout([("a", [2]), ("b", [3, 1])]))
    }
}
