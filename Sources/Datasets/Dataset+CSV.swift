internal import Tensors

extension Dataset {
    /// A data set from one or two CSV files with the same columns.
    ///
    /// - Parameters:
    ///   - path: the training examples.
    ///   - test: the test examples, if they come separately.
    ///   - options: what the columns mean.
    /// - Throws: `DatasetError`: those of `CSVFile`, `fileUnreadable`, and `mismatch` between the two.
    package static func csv(
        path: String,
        test: String? = nil,
        options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> Dataset {
        let trainTable = try csvFile(path, options)
        let name = fileName(path)
        let groups = trainTable.groups
        guard let test else {
            let classCount = classCount(trainTable.labels)
            return try Dataset(
                name: name,
                train: trainTable.examples(classCount: classCount, file: path),
                test: nil,
                imageShape: nil,
                provenance: "CSV file \(name)",
                groups: groups
            )
        }
        let testTable = try csvFile(test, options)
        let classCount = classCount(trainTable.labels, testTable.labels)
        let train = try trainTable.examples(classCount: classCount, file: path)
        return try Dataset(
            name: name,
            train: train,
            test: testTable.examples(classCount: classCount, file: test),
            imageShape: nil,
            provenance: "CSV files \(name) and \(fileName(test))",
            groups: groups
        )
    }

    /// A path's last part, without extension.
    static func fileName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.split(separator: ".").first.map(String.init) ?? last
    }

    private static func csvFile(_ path: String, _ options: CSVOptions) throws(DatasetError) -> CSVFile {
        let file: MappedFile
        do {
            file = try MappedFile(path: path)
        } catch {
            throw DatasetError(error, file: path)
        }
        return try CSVFile(file.span, name: path, options: options)
    }
}

extension CSVFile {
    /// The table as examples of so many classes.
    consuming func examples(classCount: Int, file: String) throws(DatasetError) -> LabelledExamples {
        let labels = labels
        let featureCount = featureCount
        return try Dataset.examples(
            features,
            labels,
            featureCount: featureCount,
            classCount: classCount,
            file: file
        )
    }
}
