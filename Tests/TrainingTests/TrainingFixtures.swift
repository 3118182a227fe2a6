import Tensors
import Training

/// Small made-up tasks, the same for every test.
enum TrainingFixtures {
    /// Examples of clusters around one random centre a class.
    static func examples(count: Int, features: Int, classes: Int, seed: UInt64 = 1) throws -> LabelledExamples {
        var generator = SeededGenerator(seed: seed, stream: "fixture")
        let centres = (0..<classes * features).map { _ in Float(generator.nextNormal()) }
        var values: [Float] = []
        var labels: [UInt8] = []
        for _ in 0..<count {
            let label = generator.nextIndex(below: classes)
            labels.append(UInt8(label))
            for feature in 0..<features {
                values.append(centres[label * features + feature] + 0.5 * Float(generator.nextNormal()))
            }
        }
        return try LabelledExamples(
            features: ParameterBuffer(values),
            labels: labels,
            featureCount: features,
            classCount: classes
        )
    }

    /// Variants that this machine can run.
    static let variants = KernelVariant.allCases.filter(\.isSupported)
}

extension ParameterSet {
    /// All values.
    var floats: [Float] { values.withUnsafeValues { Array($0) } }

    /// The bits of all values.
    var bits: [UInt32] {
        values.withUnsafeValues { values in values.map(\.bitPattern) }
    }

    /// FNV-1a, 64 bits, over the little-endian bytes of all values.
    var fnv1a64: UInt64 {
        bits.reduce(0xCBF2_9CE4_8422_2325) { hash, word in
            (0..<4).reduce(hash) { ($0 ^ UInt64(word >> (8 * UInt32($1)) & 0xFF)) &* 0x100_0000_01B3 }
        }
    }
}
