package import Tensors

/// A labelled data set: what is trained on, what is tested on, and where it comes from.
package struct Dataset: Sendable {
    /// Pixels across and down, where the examples are pictures of one channel.
    package struct ImageShape: Hashable, Sendable {
        /// Pixels across.
        package let width: Int
        /// Pixels down.
        package let height: Int

        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// A short name, such as "digits" or that of the folder.
    package let name: String
    /// What to train on; also to be split by `ExampleSplit` where there is no `test`.
    package let train: LabelledExamples
    /// What to test on, where the data set comes with it; same features and classes as `train`.
    package let test: LabelledExamples?
    /// The shape of an example, where it is a picture; its pixels are row-major.
    package let imageShape: ImageShape?
    /// Where the data comes from, for people.
    package let provenance: String
    /// The natural key of each training example (its writer, its site), where there is one.
    package let groups: [Int]?

    /// - Throws: `DatasetError` with code `truncated` if there are no training examples, `mismatch` unless `test` has
    ///   the features and classes of `train`, the image shape makes up the features, and there is a group for each
    ///   training example.
    package init(
        name: String,
        train: LabelledExamples,
        test: LabelledExamples?,
        imageShape: ImageShape?,
        provenance: String,
        groups: [Int]? = nil
    ) throws(DatasetError) {
        guard train.count > 0 else {
            throw DatasetError(.truncated, "there are no training examples", advice: "fetch the data again", file: name)
        }
        if let test, test.featureCount != train.featureCount || test.classCount != train.classCount {
            throw DatasetError(
                .mismatch,
                """
                the training examples have \(train.featureCount) features and \(train.classCount) classes, the test \
                examples \(test.featureCount) and \(test.classCount)
                """,
                advice: "use two parts of one data set",
                file: name
            )
        }
        if let imageShape,
            imageShape.width.multipliedReportingOverflow(by: imageShape.height) != (train.featureCount, false)
        {
            throw DatasetError(
                .mismatch,
                "\(imageShape.width) × \(imageShape.height) pixels are not \(train.featureCount) features",
                advice: "leave the image shape out or correct it",
                file: name
            )
        }
        if let groups, groups.count != train.count {
            throw DatasetError(
                .mismatch,
                "\(groups.count) natural keys for \(train.count) examples",
                advice: "give each training example one key",
                file: name
            )
        }
        self.name = name
        self.train = train
        self.test = test
        self.imageShape = imageShape
        self.provenance = provenance
        self.groups = groups
    }

    /// One more than the largest label of both parts, at least 1.
    static func classCount(_ labels: [UInt8]...) -> Int {
        1 + labels.reduce(0) { max($0, Int($1.max() ?? 0)) }
    }

    /// Examples from parts already read, a failure told of the file.
    static func examples(
        _ features: consuming ParameterBuffer,
        _ labels: [UInt8],
        featureCount: Int,
        classCount: Int,
        file: String
    ) throws(DatasetError) -> LabelledExamples {
        do {
            return try LabelledExamples(
                features: features,
                labels: labels,
                featureCount: featureCount,
                classCount: classCount
            )
        } catch {
            throw DatasetError(error, file: file)
        }
    }
}
