import Tensors
import Testing

@Suite("Parameter buffers")
struct ParameterBufferTests {
    @Test("A buffer starts at a multiple of 64 bytes and holds what it was given", arguments: [0, 1, 15, 16, 17, 1000])
    func isAligned(count: Int) {
        let values = (0..<count).map { Float($0) }
        let buffer = ParameterBuffer(values)
        let (address, contents) = buffer.withUnsafeValues { ($0.baseAddress.map { Int(bitPattern: $0) }, Array($0)) }
        #expect((address ?? 0) % ParameterBuffer.alignment == 0)
        #expect(contents == values)
        #expect(buffer.span.count == count)
    }

    @Test("A copy does not change with the original, and assigning brings it up to date")
    func copiesAreIndependent() {
        var buffer = ParameterBuffer([1, 2, 3])
        var copy = buffer.copy()
        buffer.withUnsafeMutableValues { $0[1] = 20 }
        let before = copy.withUnsafeValues { Array($0) }
        copy.assign(from: buffer)
        let after = copy.withUnsafeValues { Array($0) }
        #expect(before == [1, 2, 3])
        #expect(after == [1, 20, 3])
    }

    @Test("A large buffer that is used again is all zeros, and spares are given back when none are to be kept")
    func spares() {
        ZeroedMemory.keepSpares(2)
        defer { ZeroedMemory.keepSpares(0) }
        let count = 2_000_003
        for turn in 0..<4 {
            var buffers = (0..<3).map { _ in Box(ParameterBuffer(zeros: count)) }
            for box in buffers {
                let isZero = box.buffer.withUnsafeValues { $0.allSatisfy { $0 == 0 } }
                #expect(isZero, "turn \(turn)")
                box.buffer.withUnsafeMutableValues { $0.update(repeating: 7) }
            }
            let copy = buffers[0].buffer.copy()
            let isCopy = copy.withUnsafeValues { $0.count == count && $0.allSatisfy { $0 == 7 } }
            #expect(isCopy)
            buffers.removeAll()
        }
    }

    private final class Box {
        var buffer: ParameterBuffer

        init(_ buffer: consuming ParameterBuffer) { self.buffer = buffer }
    }

    @Test("A new buffer and a new parameter set are all zeros")
    func startsAtZero() throws {
        let layout = try ParameterLayout([("a", [3]), ("b", [4])])
        let parameters = ParameterSet(zeros: layout)
        let values = parameters.values.withUnsafeValues { Array($0) }
        #expect(values == [Float](repeating: 0, count: 7))
    }
}
