package import Tensors

/// A change to a model's parameters in Float64, before it is rounded to the grid.
package struct Direction: Equatable, Sendable {
    package var values: [Double]

    package init(_ values: [Double]) { self.values = values }

    package init(zeros count: Int) { values = [Double](repeating: 0, count: count) }

    /// The values of a parameter set.
    package init(_ set: SharedParameterSet) {
        values = set.parameters.values.withUnsafeValues { $0.map(Double.init) }
    }

    /// The change from one model to another.
    package init(from before: SharedParameterSet, to after: SharedParameterSet) {
        values = after.parameters.values.withUnsafeValues { after in
            before.parameters.values.withUnsafeValues { before in
                after.indices.map { Double(after[$0]) - Double(before[$0]) }
            }
        }
    }

    /// Independent normal values.
    package init(normal count: Int, deviation: Double, using generator: inout SeededGenerator) {
        values = (0..<count).map { _ in deviation > 0 ? deviation * generator.nextNormal() : 0 }
    }

    /// Normal values whose length is `length`, but for chance.
    package init(normal count: Int, length: Double, using generator: inout SeededGenerator) {
        self.init(normal: count, deviation: length / Double(max(1, count)).squareRoot(), using: &generator)
    }

    package var count: Int { values.count }

    package var squaredLength: Double { dot(self) }

    package var length: Double { squaredLength.squareRoot() }

    package func dot(_ other: Direction) -> Double {
        var sum = 0.0
        for (one, two) in zip(values, other.values) { sum += one * two }
        return sum
    }

    package func scaled(by factor: Double) -> Direction { Direction(values.map { $0 * factor }) }

    /// The same direction of another length; zeros stay zeros.
    package func ofLength(_ wanted: Double) -> Direction {
        let length = length
        return length > 0 ? scaled(by: wanted / length) : self
    }

    package mutating func add(_ other: Direction, times factor: Double = 1) {
        for index in values.indices { values[index] += factor * other.values[index] }
    }

    /// This and a multiple of another.
    package func adding(_ other: Direction, times factor: Double = 1) -> Direction {
        var sum = self
        sum.add(other, times: factor)
        return sum
    }

    /// What is left without the part along another direction.
    package func without(_ other: Direction) -> Direction {
        let square = other.squaredLength
        return square > 0 ? adding(other, times: -dot(other) / square) : self
    }

    /// The nearest values of the grid, ties to even and at most its largest; what is not a number becomes zero.
    package func rounded(to grid: Grid) -> Direction {
        let scale = Double(sign: .plus, exponent: grid.fractionBits, significand: 1)
        let largest = Double(grid.largest)
        return Direction(
            values.map { value in
                guard !value.isNaN else { return 0 }
                return min(max((value * scale).rounded(.toNearestOrEven) / scale, -largest), largest) + 0
            })
    }

    /// A parameter set with these values.
    package func parameters(_ layout: ParameterLayout) -> SharedParameterSet {
        SharedParameterSet(ParameterSet(layout: layout, values: ParameterBuffer(values.map { Float($0) })))
    }
}
