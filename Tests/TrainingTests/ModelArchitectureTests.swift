import Tensors
import Testing
import Training

@Suite("Model architectures and configurations")
struct ModelArchitectureTests {
    @Test("The 2NN has the layout of McMahan et al.: 199,210 parameters in six tensors")
    func layout() throws {
        let model = try ModelArchitecture(inputCount: 784, hiddenCounts: [200, 200], classCount: 10)
        #expect(model.parameterLayout.count == 199_210)
        #expect(
            model.parameterLayout.tensors.map(\.name) == [
                "layers.0.kernel", "layers.0.bias", "layers.1.kernel", "layers.1.bias", "layers.2.kernel",
                "layers.2.bias",
            ]
        )
        #expect(
            model.parameterLayout.tensors.map(\.shape) == [[784, 200], [200], [200, 200], [200], [200, 10], [10]]
        )
        #expect(try ModelArchitecture(inputCount: 4, classCount: 3).parameterLayout.count == 15)
    }

    @Test("Initial parameters depend on the seed alone and keep to a layer's range")
    func initialParameters() throws {
        let model = try ModelArchitecture(inputCount: 100, hiddenCounts: [25], classCount: 4)
        let first = model.initialParameters(seed: 7)
        #expect(first.bits == model.initialParameters(seed: 7).bits)
        #expect(first.bits != model.initialParameters(seed: 8).bits)
        let values = first.bits.map { Float(bitPattern: $0) }
        #expect(values[..<2_525].allSatisfy { abs($0) <= 0.1 } && values[..<2_525].contains { abs($0) > 0.099 })
        #expect(values[2_525...].allSatisfy { abs($0) <= 0.2 } && values[2_525...].contains { abs($0) > 0.19 })
    }

    @Test("An architecture past a limit is refused")
    func refusals() {
        for (inputs, hidden, classes) in [
            (0, [], 2), (-1, [], 2), (3, [0], 2), (3, [-4], 2), (3, [], 0), (3, [], 257), (1 << 21, [], 2),
            (.max, [.max], 10), (1 << 20, [1 << 20], 10), (3, [Int](repeating: 1, count: 64), 2),
        ] {
            #expect(throws: TrainingError(.invalidArchitecture, "")) {
                try ModelArchitecture(inputCount: inputs, hiddenCounts: hidden, classCount: classes)
            }
        }
    }

    @Test("A configuration out of range is refused")
    func configurations() {
        typealias Case = (Int, Int, Float, Float, Float, Float)
        let cases: [Case] = [
            (0, 1, 0.1, 0, 0, 0), (1, 0, 0.1, 0, 0, 0), (1, 1, 0, 0, 0, 0), (1, 1, .nan, 0, 0, 0),
            (1, 1, .infinity, 0, 0, 0), (1, 1, 0.1, 1, 0, 0), (1, 1, 0.1, -0.1, 0, 0), (1, 1, 0.1, .nan, 0, 0),
            (1, 1, 0.1, 0, -1, 0), (1, 1, 0.1, 0, .nan, 0), (1, 1, 0.1, 0, 0, -1), (1, 1, 0.1, 0, 0, .infinity),
            (10_001, 1, 0.1, 0, 0, 0), (1, 65_537, 0.1, 0, 0, 0),
        ]
        for (epochs, batch, rate, momentum, decay, proximal) in cases {
            #expect(throws: TrainingError(.invalidConfiguration, "")) {
                try TrainingConfiguration(
                    epochs: epochs,
                    batchSize: batch,
                    learningRate: rate,
                    momentum: momentum,
                    weightDecay: decay,
                    proximal: proximal
                )
            }
        }
    }

    @Test("Kernels are chosen by name, and an unknown name is refused")
    func kernelNames() throws {
        #expect(try KernelVariant.named(nil) == .best)
        #expect(try KernelVariant.named("") == .best)
        #expect(try KernelVariant.named("scalar") == .scalar)
        #expect(throws: TrainingError(.unsupportedKernels, "")) { try KernelVariant.named("sse9") }
    }
}
