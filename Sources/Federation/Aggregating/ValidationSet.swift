package import Attestation
package import Tensors

/// The examples on which the coordinator scores contributions, bound to the ledger by a digest.
package enum ValidationSet {
    /// The salted root of a set: it tells nothing of the examples to who does not know the salt.
    ///
    /// SHA-256 of `tributary/validation/v2`, a zero byte, the salt, the counts of examples, features and classes
    /// (UInt64, little-endian), and the SHA-256 of each example in order: its features (float32, little-endian) and its
    /// label (one byte). Complexity: one pass.
    package static func root(of examples: LabelledExamples, salt: Digest) -> Digest {
        var hasher = SHA256.Hasher()
        hasher.update(Array("tributary/validation/v2\0".utf8))
        salt.withUnsafeBytes { hasher.update($0) }
        for count in [examples.count, examples.featureCount, examples.classCount] {
            withUnsafeBytes(of: UInt64(count).littleEndian) { hasher.update($0) }
        }
        let width = examples.featureCount
        examples.features.withUnsafeValues { features in
            for example in 0..<examples.count {
                var one = SHA256.Hasher()
                one.update(
                    UnsafeRawBufferPointer(
                        UnsafeBufferPointer(rebasing: features[example * width..<(example + 1) * width])))
                one.update(byte: examples.labels[example])
                one.finalize().withUnsafeBytes { hasher.update($0) }
            }
        }
        return hasher.finalize()
    }

    /// The root of rules version 1: SHA-256 of `tributary/examples/v1` and a zero byte, the counts of examples,
    /// features and classes (UInt64), the features (float32, row-major) and the labels (one byte each); all
    /// little-endian. Complexity: one pass.
    package static func version1Root(of examples: LabelledExamples) -> Digest {
        var hasher = SHA256.Hasher()
        hasher.update(Array("tributary/examples/v1\0".utf8))
        for count in [examples.count, examples.featureCount, examples.classCount] {
            withUnsafeBytes(of: UInt64(count).littleEndian) { hasher.update($0) }
        }
        examples.features.withUnsafeValues { hasher.update(UnsafeRawBufferPointer($0)) }
        hasher.update(examples.labels)
        return hasher.finalize()
    }
}

/// What a task's models are measured on.
package struct EvaluationSets: Sendable {
    /// What contributions are scored on; secret until the task is closed.
    package let validation: LabelledExamples
    /// What accuracy is reported on.
    package let test: LabelledExamples

    package init(validation: LabelledExamples, test: LabelledExamples) {
        self.validation = validation
        self.test = test
    }
}
