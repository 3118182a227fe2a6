/// A data set for classification in memory: one row of float32 features and one label per example.
///
/// Shared by reference and never changed, so that any number of trainers may read it at once.
package final class LabelledExamples: Sendable {
    /// The features, row-major: example `i` is at `i * featureCount ..< (i + 1) * featureCount`.
    package let features: ParameterBuffer
    /// Each example's class, below `classCount`.
    package let labels: [UInt8]
    /// Number of examples.
    package let count: Int
    /// Features of one example.
    package let featureCount: Int
    /// Number of classes, 1 to 256.
    package let classCount: Int

    /// Takes over the features of `labels.count` examples. Complexity: O(`labels.count`).
    ///
    /// - Throws: `TensorError` with code `invalidLayout` if the sizes do not fit together, there are not 1 to 256
    ///   classes, or a label is not below `classCount`.
    package init(
        features: consuming ParameterBuffer,
        labels: [UInt8],
        featureCount: Int,
        classCount: Int
    ) throws(TensorError) {
        guard featureCount > 0 else {
            throw TensorError(.invalidLayout, "an example must have at least 1 feature, not \(featureCount)")
        }
        guard (1...256).contains(classCount) else {
            throw TensorError(.invalidLayout, "\(classCount) classes; labels of one byte allow 1 to 256")
        }
        let (valueCount, overflow) = labels.count.multipliedReportingOverflow(by: featureCount)
        let found = features.count
        guard !overflow, found == valueCount else {
            throw TensorError(
                .invalidLayout,
                "\(found) feature values do not make \(labels.count) examples of \(featureCount) features"
            )
        }
        if let bad = labels.firstIndex(where: { Int($0) >= classCount }) {
            throw TensorError(
                .invalidLayout,
                "example \(bad) has label \(labels[bad]); there are \(classCount) classes"
            )
        }
        self.features = features
        self.labels = labels
        self.count = labels.count
        self.featureCount = featureCount
        self.classCount = classCount
    }
}
