package import Tensors

extension LabelledExamples {
    /// The examples of the given numbers, in that order, as a set of their own with the same classes: a participant's
    /// local data, or one part of a split. Complexity: O(`rows.count` × `featureCount`).
    ///
    /// - Parameter rows: example numbers, each in `0..<count`; may repeat.
    package func selection(of rows: [Int]) throws(DatasetError) -> LabelledExamples {
        precondition(rows.allSatisfy { (0..<count).contains($0) }, "a row that the set does not have")
        var selected = ParameterBuffer(zeros: rows.count * featureCount)
        features.withUnsafeValues { source in
            selected.withUnsafeMutableValues { target in
                for (place, row) in rows.enumerated() {
                    let example = UnsafeBufferPointer(rebasing: source[row * featureCount..<(row + 1) * featureCount])
                    _ = UnsafeMutableBufferPointer(rebasing: target[(place * featureCount)...]).update(from: example)
                }
            }
        }
        return try Dataset.examples(
            selected,
            rows.map { labels[$0] },
            featureCount: featureCount,
            classCount: classCount,
            file: "selection"
        )
    }
}
