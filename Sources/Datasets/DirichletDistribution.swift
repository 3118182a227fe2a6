internal import Tensors

/// The symmetric Dirichlet distribution: random proportions of a whole among equals.
struct DirichletDistribution {
    /// The concentration: near 0 one takes all, large is even.
    let alpha: Double
    /// Among how many.
    let count: Int

    /// - Throws: `DatasetError` with code `invalidPartition` for a concentration outside `DatasetLimits.concentration`.
    init(alpha: Double, count: Int) throws(DatasetError) {
        guard DatasetLimits.concentration.contains(alpha) else {
            throw DatasetError(
                .invalidPartition,
                "a Dirichlet concentration of \(alpha)",
                advice: """
                    choose alpha between \(DatasetLimits.concentration.lowerBound) and \
                    \(DatasetLimits.concentration.upperBound), such as 0.1 (very uneven) or 1
                    """
            )
        }
        self.alpha = alpha
        self.count = count
    }

    /// Proportions that sum to 1 up to rounding: independent Gamma(alpha) values over their sum.
    ///
    /// The values are drawn as logarithms, because for a small alpha nearly all of them underflow.
    func proportions(using generator: inout SeededGenerator) -> [Double] {
        let logarithms = (0..<count).map { _ in logGamma(using: &generator) }
        let largest = logarithms.max() ?? 0
        let weights = logarithms.map { PortableMath.exp(max($0 - largest, -700)) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Splits `total` things by drawn proportions: part `i` is `cuts[i]..<cuts[i + 1]`, with `count + 1` cuts from 0 to
    /// `total`.
    func cuts(of total: Int, using generator: inout SeededGenerator) -> [Int] {
        var cuts = [0]
        cuts.reserveCapacity(count + 1)
        var sum = 0.0
        for proportion in proportions(using: &generator).dropLast() {
            sum += proportion
            cuts.append(min(total, Int((sum * Double(total)).rounded(.down))))
        }
        cuts.append(total)
        return cuts
    }

    /// The logarithm of a Gamma(alpha, 1) value (Marsaglia and Tsang, "A simple method for generating gamma variables",
    /// 2000): squeeze-free rejection for a shape of at least 1; a smaller shape a by Gamma(a + 1) · U^(1/a).
    private func logGamma(using generator: inout SeededGenerator) -> Double {
        let shape = alpha < 1 ? alpha + 1 : alpha
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        var logarithm = 0.0
        while true {
            let x = generator.nextNormal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let cube = root * root * root
            // In (0, 1], so that its logarithm is finite.
            let uniform = 1 - generator.nextUnit()
            guard cube.isNormal else { continue }
            let logCube = PortableMath.log(cube)
            if PortableMath.log(uniform) < 0.5 * x * x + d - d * cube + d * logCube {
                logarithm = PortableMath.log(d) + logCube
                break
            }
        }
        guard alpha < 1 else { return logarithm }
        return logarithm + PortableMath.log(1 - generator.nextUnit()) / alpha
    }
}
