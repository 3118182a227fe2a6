import Aggregation
import Tensors
import Testing

@Suite("The squared norm of an update")
struct SquaredNormTests {
    private func exact(_ integers: [Int]) -> UInt128 {
        integers.reduce(0) { $0 + UInt128($1.magnitude) * UInt128($1.magnitude) }
    }

    private func norm(_ integers: [Int], grid: Grid = .standard, threads: Int = 1) throws -> UInt128 {
        let set = try Fixtures.shared(integers.map { Fixtures.value($0, grid: grid) })
        return try CheckedUpdate(
            checking: set, weight: 1, layout: Fixtures.layout(integers.count), grid: grid, threads: threads
        ).squaredNorm
    }

    @Test("Random updates of any length have the norm of 128-bit arithmetic, on every grid", arguments: [8, 24, 30])
    func random(bits: Int) throws {
        let grid = try Grid(fractionBits: bits)
        var generator = SeededGenerator(seed: 12, stream: "norms")
        for count in [0, 1, 63, 64, 65, 2_047, 2_048, 2_049, 10_000] {
            let integers = (0..<count).map { _ in generator.nextIndex(below: (1 << 25) - 1) - ((1 << 24) - 1) }
            for threads in 1...4 { #expect(try norm(integers, grid: grid, threads: threads) == exact(integers)) }
        }
    }

    @Test("The largest values everywhere stay exact", arguments: [1, 2_048, 100_001])
    func extremes(count: Int) throws {
        let largest = (1 << 24) - 1
        for sign in [1, -1] {
            let found = try norm(Array(repeating: sign * largest, count: count), threads: 2)
            #expect(found == UInt128(count) * UInt128(largest) * UInt128(largest))
        }
    }

    @Test("All updates of two small integers have the norm of Int arithmetic")
    func exhaustive() throws {
        for first in -24...24 {
            for second in -24...24 {
                #expect(try norm([first, second]) == UInt128(first * first + second * second))
            }
        }
    }

    @Test("Pieces of any length join to the norm of the whole, or to its first bad value")
    func pieces() throws {
        var generator = SeededGenerator(seed: 13, stream: "pieces")
        let integers = (0..<7_777).map { _ in generator.nextIndex(below: 1 << 24) }
        var values = integers.map { Fixtures.value($0) }
        func measured(_ length: Int) -> UpdateCheck.Finding {
            var found = UpdateCheck.Finding.sound(squaredNorm: 0)
            for start in stride(from: 0, to: values.count, by: length) {
                let piece = Array(values[start..<min(start + length, values.count)])
                switch piece.withUnsafeBufferPointer({ UpdateCheck.measure($0, grid: .standard) }) {
                case .sound(let part): found = found.joined(with: .sound(squaredNorm: part))
                case .bad(let index): found = found.joined(with: .bad(start + index))
                }
            }
            return found
        }
        for length in [100, 2_048, 5_000, 7_777] {
            #expect(measured(length) == .sound(squaredNorm: exact(integers)))
        }
        for place in [5_555, 2_050, 7] {
            values[place] = .nan
            for length in [100, 2_048, 5_000, 7_777] { #expect(measured(length) == .bad(place)) }
        }
    }
}
