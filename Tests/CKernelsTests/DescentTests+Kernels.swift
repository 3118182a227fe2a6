import CKernels
import Tensors
import Testing

@Suite("Steps of gradient descent")
struct DescentTests {
    /// A model's part: weights, velocity and anchor, with gaps.
    private struct Parameters {
        var weights: Matrix
        var velocity: Matrix
        let anchor: Matrix

        init(rows: Int, columns: Int, stride: Int, using generator: inout SeededGenerator) {
            weights = Matrix(rows: rows, columns: columns, stride: stride, using: &generator)
            velocity = Matrix(rows: rows, columns: columns, stride: stride, using: &generator)
            anchor = Matrix(rows: rows, columns: columns, stride: stride, using: &generator)
        }

        /// Lends what the step needs, and nothing else.
        mutating func lend(_ sgd: tk_sgd, _ body: (tk_parameters) -> Void) {
            weights.values.withUnsafeMutableBufferPointer { weights in
                velocity.values.withUnsafeMutableBufferPointer { velocity in
                    anchor.values.withUnsafeBufferPointer { anchor in
                        body(
                            tk_parameters(
                                weights: weights.baseAddress!,
                                velocity: sgd.momentum != 0 ? velocity.baseAddress : nil,
                                anchor: sgd.proximal != 0 ? anchor.baseAddress : nil
                            )
                        )
                    }
                }
            }
        }
    }

    /// All eight combinations of momentum, weight decay and a proximal term.
    private static let configurations: [tk_sgd] = (0..<8).map { flags in
        tk_sgd(
            learning_rate: 0.1,
            momentum: flags & 1 != 0 ? 0.9 : 0,
            weight_decay: flags & 2 != 0 ? 0.01 : 0,
            proximal: flags & 4 != 0 ? 0.3 : 0
        )
    }

    @Test("A step does what its formula says, in every variant")
    func formula() {
        var generator = SeededGenerator(seed: 1, stream: "descent")
        for count in [0, 1, 7, 16, 40, 201] {
            for sgd in Self.configurations {
                let start = Parameters(rows: 1, columns: count, stride: count, using: &generator)
                let gradient = Matrix(rows: 1, columns: count, using: &generator)
                var weights = start.weights.values
                var velocity = start.velocity.values
                for i in 0..<count {
                    var g = gradient.values[i]
                    if sgd.weight_decay != 0 { g.addProduct(sgd.weight_decay, weights[i]) }
                    if sgd.proximal != 0 { g.addProduct(sgd.proximal, weights[i] - start.anchor.values[i]) }
                    if sgd.momentum != 0 {
                        g.addProduct(sgd.momentum, velocity[i])
                        if abs(g) < 0x1p-100 { g = 0 }
                        velocity[i] = g
                    }
                    weights[i].addProduct(-sgd.learning_rate, g)
                }
                for kernels in KernelTables.all {
                    var parameters = start
                    parameters.lend(sgd) { kernels.sgd_step(count, gradient.values, $0, sgd) }
                    #expect(parameters.weights.bits == weights.bits)
                    #expect(parameters.velocity.bits == velocity.bits)
                }
            }
        }
    }

    @Test("A gradient that goes straight into the weights gives the bits of one that is stored")
    func fused() {
        var generator = SeededGenerator(seed: 2, stream: "descent")
        let shapes = [
            (1, 1, 1), (10, 32, 10), (11, 33, 7), (23, 200, 10), (20, 10, 10), (4, 5, 0), (13, 40, 256), (7, 18, 300),
            (6, 8, 513), (784, 200, 10), (0, 4, 3), (5, 0, 3),
        ]
        for (m, n, k) in shapes {
            let a = Matrix(rows: k, columns: m, stride: m + 1, using: &generator)
            let b = Matrix(rows: k, columns: n, stride: n + 2, using: &generator)
            let start = Parameters(rows: m, columns: n, stride: n + 3, using: &generator)
            var gradient = Matrix(rows: m, columns: n)
            KernelTables.scalar.gemm_tn(m, n, k, a.values, a.stride, b.values, b.stride, &gradient.values, n)
            for sgd in Self.configurations {
                var expected = start
                expected.lend(sgd) { all in
                    for row in 0..<m {
                        let place = row * (n + 3)
                        let parameters = tk_parameters(
                            weights: all.weights + place,
                            velocity: all.velocity.map { $0 + place },
                            anchor: all.anchor.map { $0 + place }
                        )
                        gradient.values.withUnsafeBufferPointer {
                            KernelTables.scalar.sgd_step(n, $0.baseAddress! + row * n, parameters, sgd)
                        }
                    }
                }
                for kernels in KernelTables.all where m * n < 10_000 || kernels.variant != TK_VARIANT_SCALAR {
                    var parameters = start
                    parameters.lend(sgd) {
                        kernels.gemm_tn_sgd(m, n, k, a.values, a.stride, b.values, b.stride, $0, n + 3, sgd)
                    }
                    #expect(parameters.weights.bits == expected.weights.bits, "\(m)x\(n)x\(k), \(kernels.variant)")
                    #expect(parameters.velocity.bits == expected.velocity.bits, "\(m)x\(n)x\(k), \(kernels.variant)")
                }
            }
        }
    }
}
