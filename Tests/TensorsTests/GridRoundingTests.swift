import Tensors
import Testing

@Suite("Rounding to the grid")
struct GridRoundingTests {
    @Test("Every value becomes the nearest one of the grid, ties to even", arguments: Grid.allowedFractionBits)
    func nearest(fractionBits: Int) throws {
        let grid = try Grid(fractionBits: fractionBits)
        var generator = SeededGenerator(seed: 5, stream: "rounding", fractionBits)
        for _ in 0..<2_000 {
            let value = Float(generator.nextNormal()) * grid.bound / 4
            let rounded = grid.rounded(value)
            #expect(grid.contains(rounded))
            #expect(
                value.magnitude >= grid.bound || (Double(rounded) - Double(value)).magnitude <= Double(grid.step) / 2)
        }
        #expect(grid.rounded(grid.step * 2.5) == grid.step * 2)
        #expect(grid.rounded(grid.step * 3.5) == grid.step * 4)
        #expect(grid.rounded(-grid.step / 4).sign == .plus)
        #expect(grid.rounded(grid.largest) == grid.largest)
        #expect(grid.rounded(.greatestFiniteMagnitude) == grid.largest)
        #expect(grid.rounded(-grid.bound) == -grid.largest)
    }

    @Test("A buffer is rounded whole, values beyond the range are counted, NaN and infinities refused")
    func buffer() throws {
        let grid = Grid.standard
        var values = ParameterBuffer([0.5, 1, -3, grid.largest, 0.1, -0.0])
        #expect(try grid.round(&values) == 2)
        #expect(values.withUnsafeValues { Array($0) }.allSatisfy(grid.contains))
        for bad in [Float.nan, .infinity, -.infinity] {
            var values = ParameterBuffer([0, bad])
            #expect(throws: TensorError(.notFinite, "")) { try grid.round(&values) }
        }
    }
}
