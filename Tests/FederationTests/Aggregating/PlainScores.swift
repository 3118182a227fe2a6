import Tensors

/// The scores of `Protocols/scores.md` in plain loops: what the aggregator's must equal to the last bit.
struct PlainScores {
    /// A vector in 17 bits.
    struct Direction {
        let integers: [Int128]
        let exponent: Int

        init(_ vector: [Double]) {
            let largest = vector.map(\.magnitude).max() ?? 0
            let exponent = largest == 0 ? 0 : 16 - Int(largest.exponent)
            self.exponent = exponent
            integers = vector.map { Int128(($0 * Self.power(exponent)).rounded(.toNearestOrEven)) }
        }

        var square: Int128 { integers.reduce(0) { $0 + $1 * $1 } }
        var isZero: Bool { integers.allSatisfy { $0 == 0 } }

        func product(_ other: [Int128]) -> Int128 { zip(integers, other).reduce(0) { $0 + $1.0 * $1.1 } }

        /// The vector less its part in this direction.
        func removed(from vector: [Double]) -> [Double] {
            let rounded = Direction(vector)
            let ratio = Double(product(rounded.integers)) / Double(square)
            let factor = ratio * Self.power(exponent - rounded.exponent)
            return zip(vector, integers).map { $0 - factor * (Double($1) * Self.power(-exponent)) }
        }

        static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
    }

    /// A vector less its parts in all directions, taken twice.
    private static func rest(of vector: [Double], without basis: [Direction]) -> [Double] {
        var rest = vector
        for direction in basis + basis { rest = direction.removed(from: rest) }
        return rest
    }

    /// The directions of the last steps, newest first, and then of their echoes.
    static func basis(_ vectors: [[Double]]) -> [Direction] {
        var basis: [Direction] = []
        for vector in vectors where vector.contains(where: { $0 != 0 }) {
            let direction = Direction(rest(of: vector, without: basis))
            let whole = Direction(vector)
            let size = Double(direction.square) * Direction.power(-2 * direction.exponent)
            let least = Double(whole.square) * Direction.power(-2 * whole.exponent) * 0x1p-32
            if !direction.isZero, size >= least { basis.append(direction) }
        }
        return basis
    }

    let full: Direction
    let surprise: Direction
    let learningRate: Double
    let denominator: Int64
    let fractionBits: Int

    /// - Parameters:
    ///   - gradients: at the start, the middle and the end of the path.
    ///   - history: steps newest first, then echoes.
    init(
        gradients: [[Float]], history: [[Double]], learningRate: Double, denominator: Int64, fractionBits: Int
    ) {
        let path = gradients[0].indices.map { index in
            let sum = Double(gradients[0][index]) + 4 * Double(gradients[1][index])
            return (sum + Double(gradients[2][index])) / 6
        }
        full = Direction(path)
        surprise = Direction(Self.rest(of: path, without: Self.basis(history)))
        self.learningRate = learningRate
        self.denominator = denominator
        self.fractionBits = fractionBits
    }

    /// The full and the novel score of an update of those values.
    func score(_ values: [Float], weight: UInt64) -> (full: Int64, novel: Int64) {
        let steps = values.map { Int128(Double($0) * Direction.power(fractionBits)) }
        let share = (learningRate * Double(weight)) / Double(denominator)
        func units(_ direction: Direction) -> Int64 {
            let part = Double(direction.product(steps)) * Direction.power(-(fractionBits + direction.exponent))
            return Int64((-(share * part) * 1e12).rounded(.toNearestOrEven))
        }
        return (units(full), units(surprise))
    }
}
