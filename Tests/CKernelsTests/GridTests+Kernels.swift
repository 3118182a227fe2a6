import CKernels
import Tensors
import Testing

@Suite("Rounding to the grid")
struct GridTests {
    private func quantise(_ kernels: tk_kernels, _ weights: [Float], _ anchor: [Float], bits: Int)
        -> (update: [Float], found: tk_quantised)
    {
        var update = [Float](repeating: 99, count: weights.count)
        let found = kernels.quantise(weights.count, weights, anchor, Int32(bits), &update)
        return (update, found)
    }

    @Test("Ties go to the even neighbour, and negative zero becomes zero")
    func ties() throws {
        let step: Float = 0x1p-24
        let inputs: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, -0.49, -0.0, 0, 3, -7, 8_388_607.5].map {
            $0 * step
        }
        let outputs: [Float] = [0, 2, 2, 0, -2, -2, 0, 0, 0, 0, 3, -7, 8_388_608].map { $0 * step }
        for kernels in KernelTables.all {
            let result = quantise(kernels, inputs, [Float](repeating: 0, count: inputs.count), bits: 24)
            #expect(result.update.bits == outputs.bits)
            #expect(result.found.saturated == 0)
            #expect(result.found.first_not_finite == inputs.count)
        }
    }

    @Test("A value beyond the range goes to its end and is counted")
    func saturation() throws {
        for bits in [8, 20, 24, 30] {
            let grid = try Grid(fractionBits: bits)
            let beyond: [Float] = [
                grid.bound, -grid.bound, 2 * grid.bound, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                grid.largest,
                -grid.largest, 0,
            ]
            let ends: [Float] = [1, -1, 1, 1, -1, 1, -1, 0].map { $0 * grid.largest }
            for kernels in KernelTables.all {
                let result = quantise(kernels, beyond, [Float](repeating: 0, count: beyond.count), bits: bits)
                #expect(result.update.bits == ends.bits)
                #expect(result.found.saturated == 5)
            }
        }
    }

    @Test("A difference that overflows float32 saturates")
    func overflow() {
        let largest = Float.greatestFiniteMagnitude
        for kernels in KernelTables.all {
            let result = quantise(kernels, [largest, -largest], [-largest, largest], bits: 24)
            #expect(result.update == [1 - 0x1p-24, -1 + 0x1p-24])
            #expect(result.found.saturated == 2 && result.found.first_not_finite == 2)
        }
    }

    @Test("The first value that is not finite is found wherever it is, and written as zero")
    func notFinite() {
        for count in [1, 5, 16, 255, 256, 257, 600] {
            for place in Set([0, count / 2, count - 1]) {
                for bad in [Float.nan, -.nan, .infinity, -.infinity] {
                    var weights = [Float](repeating: 0.5, count: count)
                    weights[place] = bad
                    let fine = [Float](repeating: 0.25, count: count)
                    for kernels in KernelTables.all {
                        let inWeights = quantise(kernels, weights, fine, bits: 24)
                        let inAnchor = quantise(kernels, fine, weights, bits: 24)
                        for result in [inWeights, inAnchor] {
                            #expect(result.found.first_not_finite == place && result.found.saturated == 0)
                            #expect(result.update[place].bitPattern == 0)
                        }
                    }
                }
            }
        }
    }

    @Test("Every variant rounds random values alike, and the result is on the grid")
    func random() throws {
        var generator = SeededGenerator(seed: 1, stream: "grid")
        for bits in Grid.allowedFractionBits {
            let grid = try Grid(fractionBits: bits)
            let count = 700
            let weights = (0..<count).map { _ in Matrix.value(&generator) * grid.bound * 1.1 }
            let anchor = (0..<count).map { _ in Matrix.value(&generator) * grid.bound * 0.1 }
            let expected = quantise(KernelTables.scalar, weights, anchor, bits: bits)
            #expect(expected.update.allSatisfy(grid.contains))
            for kernels in KernelTables.vectorised {
                let actual = quantise(kernels, weights, anchor, bits: bits)
                #expect(actual.update.bits == expected.update.bits)
                #expect(actual.found.saturated == expected.found.saturated)
            }
            for kernels in KernelTables.all {
                #expect(kernels.check_grid(count, expected.update, Int32(bits)) == count)
            }
        }
    }

    @Test("A value off the grid is found wherever it is")
    func offGrid() throws {
        for bits in Grid.allowedFractionBits {
            let grid = try Grid(fractionBits: bits)
            let off: [Float] = [
                .nan, .infinity, -.infinity, -0.0, grid.bound, -grid.bound, grid.step / 2, grid.step * 1.5,
                .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
                grid.bound / 4 + grid.step / 2, -grid.step / 4,
            ]
            let on: [Float] = [0, grid.step, -grid.step, grid.largest, -grid.largest, grid.bound / 2]
            for value in off { #expect(!grid.contains(value)) }
            for value in on { #expect(grid.contains(value)) }
            for count in [1, 9, 256, 300] {
                let fine = (0..<count).map { on[$0 % on.count] }
                for kernels in KernelTables.all {
                    #expect(kernels.check_grid(count, fine, Int32(bits)) == count)
                    for value in off {
                        for place in Set([0, count / 2, count - 1]) {
                            var values = fine
                            values[place] = value
                            #expect(kernels.check_grid(count, values, Int32(bits)) == place)
                        }
                    }
                }
            }
        }
    }

    @Test("The kernels' check agrees with the reference for random bit patterns")
    func randomPatterns() throws {
        var generator = SeededGenerator(seed: 2, stream: "grid")
        let grid = Grid.standard
        for _ in 0..<20_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            for kernels in KernelTables.all {
                #expect((kernels.check_grid(1, [value], 24) == 1) == grid.contains(value))
            }
        }
    }

    @Test("Widening and adding are the same in every variant")
    func widenAndAdd() {
        var generator = SeededGenerator(seed: 3, stream: "grid")
        for count in [0, 1, 7, 33, 200] {
            let x = (0..<count).map { _ in Matrix.value(&generator) }
            let y = (0..<count).map { _ in Matrix.value(&generator) }
            for kernels in KernelTables.all {
                var wide = [Double](repeating: 9, count: count)
                kernels.widen(count, x, &wide)
                #expect(wide == x.map(Double.init))
                var sum = y
                kernels.add(count, x, &sum)
                #expect(sum.bits == zip(x, y).map { $1 + $0 }.bits)
            }
        }
    }
}
