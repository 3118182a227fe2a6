import Foundation
import Tensors
import Testing

@Suite("Portable logarithm and exponential")
struct PortableMathTests {
    @Test("The logarithm is within two units in the last place of the C library's")
    func logarithm() {
        var generator = SeededGenerator(seed: 1, stream: "test")
        var inputs: [Double] = [1, 2, 0.5, .leastNormalMagnitude, .greatestFiniteMagnitude, 1.nextUp, 1.nextDown]
        for _ in 0..<20_000 {
            inputs.append(generator.nextUnit() * 10 + 1e-9)
            inputs.append(Double(sign: .plus, exponent: generator.nextIndex(below: 2_000) - 1_000, significand: 1.3))
        }
        for x in inputs {
            let expected = Foundation.log(x)
            #expect(abs(PortableMath.log(x) - expected) <= 2 * expected.ulp, "log \(x)")
        }
    }

    @Test("The exponential is within two units in the last place of the C library's")
    func exponential() {
        var generator = SeededGenerator(seed: 2, stream: "test")
        var inputs: [Double] = [0, 1, -1, 700, -700, 1e-300, -1e-300]
        for _ in 0..<20_000 {
            inputs.append(generator.nextUnit() * 1_400 - 700)
            inputs.append(generator.nextUnit() * 4 - 2)
        }
        for x in inputs {
            let expected = Foundation.exp(x)
            #expect(abs(PortableMath.exp(x) - expected) <= 2 * expected.ulp, "exp \(x)")
        }
    }

    @Test("A power is the exponential of the scaled logarithm")
    func power() {
        #expect(abs(PortableMath.power(2, 10) - 1_024) < 1e-11)
        #expect(abs(PortableMath.power(9, 0.5) - 3) < 1e-14)
    }
}
