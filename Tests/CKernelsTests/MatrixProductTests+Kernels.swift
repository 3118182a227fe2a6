import CKernels
import Tensors
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
    /// The three forms of a product.
    enum Form: CaseIterable { case plain, firstTransposed, secondTransposed }

    /// C by the form's kernel, in a matrix with gaps.
    private func product(
        _ form: Form,
        _ kernels: tk_kernels,
        m: Int,
        n: Int,
        k: Int,
        a: Matrix,
        b: Matrix,
        stride: Int
    ) -> [UInt32] {
        var c = Matrix(rows: m, columns: n, stride: stride)
        switch form {
        case .plain:
            kernels.gemm_nn(m, n, k, a.values, a.stride, b.values, b.stride, &c.values, stride, nil, 0)
        case .firstTransposed:
            kernels.gemm_tn(m, n, k, a.values, a.stride, b.values, b.stride, &c.values, stride)
        case .secondTransposed:
            kernels.gemm_nt(m, n, k, a.values, a.stride, b.values, b.stride, &c.values, stride, nil, 0)
        }
        return c.bits
    }

    private func expectEqual(_ form: Form, m: Int, n: Int, k: Int, gap: Int, _ generator: inout SeededGenerator) {
        let shapeA = form == .firstTransposed ? (k, m) : (m, k)
        let shapeB = form == .secondTransposed ? (n, k) : (k, n)
        let a = Matrix(rows: shapeA.0, columns: shapeA.1, stride: shapeA.1 + gap, using: &generator)
        let b = Matrix(rows: shapeB.0, columns: shapeB.1, stride: shapeB.1 + gap, using: &generator)
        let expected = product(form, KernelTables.scalar, m: m, n: n, k: k, a: a, b: b, stride: n + gap)
        for kernels in KernelTables.vectorised {
            let actual = product(form, kernels, m: m, n: n, k: k, a: a, b: b, stride: n + gap)
            if actual != expected {
                Issue.record("\(form) \(m)x\(n)x\(k), variant \(kernels.variant), differs from the oracle")
            }
        }
    }

    @Test("Every variant equals the oracle for all extents from 0 to 18", arguments: Form.allCases)
    func smallShapes(form: Form) {
        var generator = SeededGenerator(seed: 1, stream: "shapes")
        for m in 0...18 {
            for n in 0...18 {
                for k in 0...18 { expectEqual(form, m: m, n: n, k: k, gap: (m + n + k) % 3, &generator) }
            }
        }
    }

    @Test("Every variant equals the oracle around the widths of vectors, strips and tiles", arguments: Form.allCases)
    func edges(form: Form) {
        var generator = SeededGenerator(seed: 2, stream: "shapes")
        for m in [1, 5, 6, 7, 10, 11, 13, 19, 20, 21, 31] {
            for n in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 72] {
                for k in [1, 9, 16, 33] { expectEqual(form, m: m, n: n, k: k, gap: m % 2 * 3, &generator) }
            }
        }
    }

    @Test("Every variant equals the oracle where the chain is longer than one run", arguments: Form.allCases)
    func longChains(form: Form) {
        var generator = SeededGenerator(seed: 3, stream: "shapes")
        for k in [255, 256, 257, 300, 511, 512, 513, 784, 1_025] {
            for (m, n) in [(1, 1), (1, 33), (3, 16), (10, 40), (13, 10), (21, 65)] {
                expectEqual(form, m: m, n: n, k: k, gap: 1, &generator)
            }
        }
    }

    @Test("Every variant equals the oracle at the shapes of the 2NN")
    func trainingShapes() {
        var generator = SeededGenerator(seed: 4, stream: "shapes")
        expectEqual(.plain, m: 10, n: 200, k: 784, gap: 8, &generator)
        expectEqual(.plain, m: 10, n: 10, k: 200, gap: 6, &generator)
        expectEqual(.firstTransposed, m: 784, n: 200, k: 10, gap: 8, &generator)
        expectEqual(.firstTransposed, m: 200, n: 10, k: 10, gap: 6, &generator)
        expectEqual(.secondTransposed, m: 10, n: 200, k: 200, gap: 8, &generator)
        expectEqual(.secondTransposed, m: 10, n: 200, k: 10, gap: 6, &generator)
    }

    @Test("The oracle's product is the sum of the products, in Float64")
    func oracleIsRight() {
        var generator = SeededGenerator(seed: 5, stream: "shapes")
        let (m, n, k) = (7, 9, 700)
        let a = Matrix(rows: m, columns: k, using: &generator)
        let b = Matrix(rows: k, columns: n, using: &generator)
        let c = product(.plain, KernelTables.scalar, m: m, n: n, k: k, a: a, b: b, stride: n)
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for p in 0..<k { sum += Double(a.values[i * k + p]) * Double(b.values[p * n + j]) }
                #expect(abs(Double(Float(bitPattern: c[i * n + j])) - sum) < 1e-4)
            }
        }
    }

    @Test("Bias and ReLU with the product equal bias and ReLU after it")
    func epilogue() {
        var generator = SeededGenerator(seed: 6, stream: "shapes")
        for (m, n, k) in [(1, 1, 1), (10, 200, 30), (11, 35, 300), (4, 8, 0), (7, 16, 9)] {
            let a = Matrix(rows: m, columns: k, using: &generator)
            let b = Matrix(rows: k, columns: n, using: &generator)
            let bias = Matrix(rows: 1, columns: n, using: &generator)
            for kernels in KernelTables.all {
                var expected = Matrix(rows: m, columns: n)
                kernels.gemm_nn(m, n, k, a.values, k, b.values, n, &expected.values, n, nil, 0)
                for place in 0..<m * n {
                    let sum = expected.values[place] + bias.values[place % n]
                    expected.values[place] = sum < 0 ? 0 : sum
                }
                var fused = Matrix(rows: m, columns: n)
                kernels.gemm_nn(m, n, k, a.values, k, b.values, n, &fused.values, n, bias.values, 1)
                #expect(fused.bits == expected.bits)
            }
        }
    }

    @Test("The ReLU mask with the product equals the mask after it")
    func maskedProduct() {
        var generator = SeededGenerator(seed: 7, stream: "shapes")
        for (m, n, k) in [(1, 1, 1), (10, 200, 30), (11, 35, 300), (4, 8, 0), (7, 16, 9)] {
            let a = Matrix(rows: m, columns: k, using: &generator)
            let b = Matrix(rows: n, columns: k, using: &generator)
            let active = Matrix(rows: m, columns: n, using: &generator)
            for kernels in KernelTables.all {
                var expected = Matrix(rows: m, columns: n)
                kernels.gemm_nt(m, n, k, a.values, k, b.values, k, &expected.values, n, nil, 0)
                kernels.relu_mask(m * n, active.values, &expected.values)
                var fused = Matrix(rows: m, columns: n)
                kernels.gemm_nt(m, n, k, a.values, k, b.values, k, &fused.values, n, active.values, n)
                #expect(fused.bits == expected.bits)
                #expect(zip(active.values, fused.values).allSatisfy { $0 > 0 || $1.bitPattern == 0 })
            }
        }
    }

    @Test("Column sums equal a product with a column of ones")
    func columnSums() {
        var generator = SeededGenerator(seed: 8, stream: "shapes")
        for (rows, n) in [(0, 5), (1, 1), (10, 200), (9, 33), (300, 17), (600, 8)] {
            let b = Matrix(rows: rows, columns: n, stride: n + 2, using: &generator)
            var ones = Matrix(rows: rows, columns: 1)
            ones.values = ones.values.map { _ in 1 }
            for kernels in KernelTables.all {
                var expected = [Float](repeating: 7, count: n)
                KernelTables.scalar.gemm_tn(1, n, rows, ones.values, 1, b.values, b.stride, &expected, n)
                var sums = [Float](repeating: 8, count: n)
                kernels.column_sums(rows, n, b.values, b.stride, &sums)
                #expect(sums.bits == expected.bits)
            }
        }
    }
}
