import Tensors
import Valuation

/// The scores of `Protocols/scores.md`, written a second time with integers only where they can be.
enum Reference {
    /// Integers and exponent of a direction.
    static func direction(_ values: [Double]) -> (integers: [Int128], exponent: Int) {
        let largest = values.map(\.magnitude).max() ?? 0
        guard largest > 0 else { return (values.map { _ in 0 }, 0) }
        var exponent = 0
        var scaled = largest
        while scaled >= 131_072 {
            scaled /= 2
            exponent -= 1
        }
        while scaled < 65_536 {
            scaled *= 2
            exponent += 1
        }
        var factor = 1.0
        for _ in 0..<exponent.magnitude { factor *= exponent > 0 ? 2 : 0.5 }
        return (values.map { Int128(($0 * factor).rounded(.toNearestOrEven)) }, exponent)
    }

    /// The path gradient by Simpson's rule.
    static func gradient(_ start: [Float], _ middle: [Float], _ end: [Float]) -> [Double] {
        start.indices.map { ((Double(start[$0]) + 4 * Double(middle[$0])) + Double(end[$0])) / 6 }
    }

    /// One direction removed from a vector.
    static func remove(_ direction: (integers: [Int128], exponent: Int), from vector: [Double]) -> [Double] {
        let own = Reference.direction(vector)
        let ratio = Double(dot(own.integers, direction.integers)) / Double(dot(direction.integers, direction.integers))
        let factor = ratio * Double(sign: .plus, exponent: direction.exponent - own.exponent, significand: 1)
        let scale = Double(sign: .plus, exponent: -direction.exponent, significand: 1)
        return zip(vector, direction.integers).map { $0 - factor * (Double($1) * scale) }
    }

    /// A vector's integers after all directions were removed twice.
    static func rest(
        of vector: [Double], beside basis: [(integers: [Int128], exponent: Int)]
    ) -> (integers: [Int128], exponent: Int) {
        direction((basis + basis).reduce(vector) { remove($1, from: $0) })
    }

    /// The directions of vectors none of which is zero or dependent.
    static func basis(_ vectors: [[Double]]) -> [(integers: [Int128], exponent: Int)] {
        vectors.reduce(into: []) { $0.append(rest(of: $1, beside: $0)) }
    }

    /// An exact dot product.
    static func dot(_ left: [Int128], _ right: [Int128]) -> Int128 {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

/// Vectors and scorers that the tests use.
enum Fixtures {
    /// Random integers of the grid's whole range.
    static func gridIntegers(_ count: Int, seed: UInt64, bound: Int = (1 << 24) - 1) -> [Int128] {
        var generator = SeededGenerator(seed: seed, stream: "grid")
        return (0..<count).map { _ in Int128(generator.nextIndex(below: 2 * bound + 1) - bound) }
    }

    /// Random float32 of very different magnitudes.
    static func gradient(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed, stream: "gradient")
        return (0..<count).map { _ in
            Float(generator.nextNormal() * PortableMath.exp(4 * generator.nextNormal() - 8))
        }
    }

    /// The buffer of grid integers.
    static func buffer(_ integers: [Int128], grid: Grid = .standard) -> ParameterBuffer {
        ParameterBuffer(integers.map { Float(Int($0)) * grid.step })
    }

    /// A scorer of one gradient at all three points, and a second one as a surprise gradient of an empty basis.
    static func scorer(
        gradient: [Float],
        second: [Float]? = nil,
        learningRate: Double = 1,
        denominator: Int64 = 1_000,
        grid: Grid = .standard,
        threads: Int = 1
    ) throws(ValuationError) -> PathScorer {
        let values = ParameterBuffer(gradient)
        let path = try PathGradient(start: values, middle: values, end: values, threads: threads)
        guard let second else {
            return try PathScorer(
                gradient: path, surprise: nil, grid: grid, learningRate: learningRate, denominator: denominator)
        }
        let other = ParameterBuffer(second)
        let surprise = try SurpriseGradient(
            start: other, middle: other, end: other, basis: SurpriseBasis(count: second.count), threads: threads)
        return try PathScorer(
            gradient: path, surprise: surprise, grid: grid, learningRate: learningRate, denominator: denominator)
    }

    /// The basis of the vectors, in their order.
    static func basis(_ vectors: [[Double]], count: Int, threads: Int = 1) throws(ValuationError) -> SurpriseBasis {
        var basis = SurpriseBasis(count: count)
        for vector in vectors { try basis.append(vector.span, threads: threads) }
        return basis
    }

    /// A scorer of version 1 of one gradient at all three points, and a last delta from zero to `delta`.
    static func version1Scorer(
        gradient: [Float],
        delta: [Float]? = nil,
        learningRate: Double = 1,
        totalWeight: Int64 = 1_000,
        grid: Grid = .standard,
        threads: Int = 1
    ) throws(ValuationError) -> Version1PathScorer {
        let values = ParameterBuffer(gradient)
        let path = try PathGradient(start: values, middle: values, end: values, threads: threads)
        guard let delta else {
            return try Version1PathScorer(
                gradient: path,
                lastDelta: nil,
                grid: grid,
                learningRate: learningRate,
                totalWeight: totalWeight
            )
        }
        let last = try GlobalDelta(
            from: ParameterBuffer(zeros: delta.count),
            to: ParameterBuffer(delta),
            threads: threads
        )
        return try Version1PathScorer(
            gradient: path,
            lastDelta: last,
            grid: grid,
            learningRate: learningRate,
            totalWeight: totalWeight,
            threads: threads
        )
    }

    /// A set over one vector.
    static func set(_ values: consuming ParameterBuffer) throws -> ParameterSet {
        let layout = try ParameterLayout([("w", [values.count])])
        return ParameterSet(layout: layout, values: values)
    }
}

/// The code of the error that the body throws, or nil.
func failure<Value: ~Copyable>(_ body: () throws(ValuationError) -> Value) -> ValuationError.Code? {
    do throws(ValuationError) {
        _ = try body()
        return nil
    } catch {
        return error.code
    }
}
