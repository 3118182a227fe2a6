package import Attestation
package import Tensors

/// The examples on which the coordinator scores contributions, bound to the ledger by a digest.
package enum ValidationSet {
    /// SHA-256 of `tributary/examples/v1` and a zero byte, the counts of examples, features and classes (UInt64), the
    /// features (float32, row-major) and the labels (one byte each); all little-endian. Complexity: one pass.
    package static func root(of examples: LabelledExamples) -> Digest {
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
