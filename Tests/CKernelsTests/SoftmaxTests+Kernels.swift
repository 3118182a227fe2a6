import CKernels
import Foundation
import Tensors
import Testing

@Suite("Exponential, logarithm and softmax")
struct SoftmaxTests {
    private func apply(_ kernel: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void, _ x: [Float])
        -> [Float]
    {
        var y = [Float](repeating: 0, count: x.count)
        kernel(x.count, x, &y)
        return y
    }

    /// Largest distance from the true value in units in the last place.
    private func error(_ x: [Float], _ y: [Float], _ exact: (Double) -> Double) -> Double {
        zip(x, y).reduce(0) { worst, pair in
            let truth = exact(Double(pair.0))
            return max(worst, abs(Double(pair.1) - truth) / Double(Float(truth).ulp))
        }
    }

    @Test("exp is within 1.5 units in the last place, and the same in every variant")
    func exponential() {
        var x: [Float] = []
        var value: Float = -87.3
        while value < -0x1p-30 {
            x.append(value)
            value = Float(bitPattern: value.bitPattern - 997)
        }
        x += x.map { -$0 * 0.99 } + [0, -0.0, 0x1p-40, -0x1p-149, 87.99, 88]
        let y = apply(KernelTables.scalar.exp, x)
        #expect(error(x, y, Foundation.exp) < 1.5)
        for kernels in KernelTables.vectorised { #expect(apply(kernels.exp, x).bits == y.bits) }
    }

    @Test("exp is 0 below its range, infinite above, and NaN for NaN")
    func exponentialEdges() {
        for kernels in KernelTables.all {
            let low: [Float] = [-87.31, -100, -1e30, -.infinity, -.greatestFiniteMagnitude]
            #expect(apply(kernels.exp, low).bits == [0, 0, 0, 0, 0])
            #expect(apply(kernels.exp, [88.1, 1e30, .infinity]) == [.infinity, .infinity, .infinity])
            #expect(apply(kernels.exp, [.nan])[0].isNaN)
            #expect(apply(kernels.exp, [-87.3])[0].isNormal)
            #expect(apply(kernels.exp, [0, -0.0]) == [1, 1])
        }
    }

    @Test("log is within 1.5 units in the last place, and the same in every variant")
    func logarithm() {
        var x: [Float] = []
        var bits = Float.leastNormalMagnitude.bitPattern
        while bits < Float.infinity.bitPattern {
            x.append(Float(bitPattern: bits))
            bits += 1_999
        }
        bits = Float(0.6).bitPattern
        while bits < Float(1.6).bitPattern {
            if bits != Float(1).bitPattern { x.append(Float(bitPattern: bits)) }
            bits += 37
        }
        let y = apply(KernelTables.scalar.log, x)
        #expect(error(x, y, Foundation.log) < 1.5)
        for kernels in KernelTables.vectorised { #expect(apply(kernels.log, x).bits == y.bits) }
        for kernels in KernelTables.all {
            #expect(apply(kernels.log, [1, .infinity]).bits == [Float(0), .infinity].bits)
            #expect(apply(kernels.log, [0, -1, .nan, -.infinity]).allSatisfy { $0.isNaN })
        }
    }

    private func softmax(_ kernels: tk_kernels, _ logits: Matrix, _ labels: [UInt8], scale: Float)
        -> (losses: [Float], gradient: Matrix)
    {
        var losses = [Float](repeating: -1, count: logits.rows)
        var gradient = Matrix(rows: logits.rows, columns: logits.columns, stride: logits.columns + 1)
        kernels.softmax_cross_entropy(
            logits.rows,
            logits.columns,
            logits.values,
            logits.stride,
            labels,
            scale,
            &losses,
            &gradient.values,
            gradient.stride
        )
        return (losses, gradient)
    }

    @Test("Softmax and its loss are right, and the same in every variant, for 1 to 40 classes")
    func softmax() {
        var generator = SeededGenerator(seed: 1, stream: "softmax")
        for classes in Array(1...40) + [200, 256] {
            var logits = Matrix(rows: 9, columns: classes, stride: classes + 2, using: &generator)
            for place in logits.values.indices { logits.values[place] *= 20 }
            let labels = (0..<9).map { _ in UInt8(generator.nextIndex(below: classes)) }
            let expected = softmax(KernelTables.scalar, logits, labels, scale: 0.125)
            for kernels in KernelTables.vectorised {
                let actual = softmax(kernels, logits, labels, scale: 0.125)
                #expect(actual.losses.bits == expected.losses.bits)
                #expect(actual.gradient.bits == expected.gradient.bits)
                var inPlace = logits
                var losses = [Float](repeating: 0, count: 9)
                inPlace.values.withUnsafeMutableBufferPointer { values in
                    kernels.softmax_cross_entropy(
                        9,
                        classes,
                        values.baseAddress!,
                        classes + 2,
                        labels,
                        0.125,
                        &losses,
                        values.baseAddress!,
                        classes + 2
                    )
                }
                #expect(losses.bits == expected.losses.bits)
                for row in 0..<9 {
                    #expect(
                        inPlace.values[row * (classes + 2)..<row * (classes + 2) + classes].map(\.bitPattern)
                            == expected.gradient.bits[row * (classes + 1)..<row * (classes + 1) + classes].map { $0 }
                    )
                }
            }
            for row in 0..<9 {
                let z = (0..<classes).map { Double(logits.values[row * logits.stride + $0]) }
                let logSum = Foundation.log(z.map { Foundation.exp($0 - z.max()!) }.reduce(0, +)) + z.max()!
                #expect(abs(Double(expected.losses[row]) - (logSum - z[Int(labels[row])])) < 2e-5)
                for column in 0..<classes {
                    let truth = (Foundation.exp(z[column] - logSum) - (column == Int(labels[row]) ? 1 : 0)) * 0.125
                    #expect(abs(Double(expected.gradient.values[row * (classes + 1) + column]) - truth) < 1e-7)
                }
            }
        }
    }

    @Test("Logits as far apart as float32 allows give finite losses and gradients")
    func extremeLogits() {
        let largest = Float.greatestFiniteMagnitude
        var logits = Matrix(rows: 4, columns: 3)
        logits.values = [1e30, -1e30, 0, -1e38, -1e38, -1e38, largest / 2, 0, -largest / 2, 500, 400, -300]
        for kernels in KernelTables.all {
            let result = softmax(kernels, logits, [1, 0, 0, 2], scale: 1)
            #expect(result.losses.allSatisfy { $0.isFinite })
            #expect(result.gradient.values.allSatisfy { $0.isFinite })
            #expect(abs(result.losses[1] - Float(Foundation.log(3.0))) < 1e-6)
        }
    }

    @Test("A class more than e^64 times less likely has no gradient, so that no product becomes subnormal")
    func cutOff() {
        var logits = Matrix(rows: 1, columns: 4)
        logits.values = [0, -63.9, -64.1, -87]
        for kernels in KernelTables.all {
            let gradient = softmax(kernels, logits, [0], scale: 0.1).gradient.values
            #expect(gradient[1] > 1e-30 && gradient[2] == 0 && gradient[3] == 0)
        }
    }

    @Test("A logit that is NaN makes the loss NaN")
    func notFinite() {
        var logits = Matrix(rows: 1, columns: 3)
        for place in 0..<3 {
            logits.values = [1, 2, 3]
            logits.values[place] = .nan
            for kernels in KernelTables.all { #expect(softmax(kernels, logits, [0], scale: 1).losses[0].isNaN) }
        }
    }

    @Test("Of equal logits the first one counts as the answer")
    func ties() {
        #expect(tk_count_correct(3, 3, [1, 1, 0, 0, 2, 2, 5, 5, 5], 3, [0, 2, 0]) == 2)
    }
}
