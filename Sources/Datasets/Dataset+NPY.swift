internal import Tensors

extension Dataset {
    /// A data set from two `.npy` files: features of shape (count, …) and labels of shape (count).
    ///
    /// Unsigned bytes are taken for pixels and divided by 255; other types are taken as they are.
    ///
    /// - Throws: `DatasetError`: `mismatch`, `invalidCell`, and those of the file format.
    package static func npy(features: String, labels: String) throws(DatasetError) -> Dataset {
        let name = fileName(features)
        let (featureArray, labelArray) = try reading(features) { () throws(TensorError) in
            (try NPYArray(path: features), try NPYArray(path: labels))
        }
        let labels = try classes(labelArray, file: labels)
        let train = try examples(featureArray, labels, classCount: classCount(labels), file: features)
        return try Dataset(
            name: name,
            train: train,
            test: nil,
            imageShape: imageShape(of: featureArray),
            provenance: "NumPy files \(name)"
        )
    }

    /// A data set from one `.npz` archive with the arrays `x_train` and `y_train`, and, where they are there, `x_test`
    /// and `y_test` (the names of Keras), and `groups_train` with natural keys. `x` and `y` stand for the first two.
    ///
    /// - Throws: `DatasetError`: `notFound` if an array is missing, and as `npy(features:labels:)`.
    package static func npz(path: String) throws(DatasetError) -> Dataset {
        let name = fileName(path)
        let archive = try reading(path) { () throws(TensorError) in try NPZArchive(path: path) }
        let found = archive.names
        let isShort = !found.contains("x_train")
        let trainFeatures = try array(isShort ? "x" : "x_train", archive, path)
        let trainLabels = try classes(array(isShort ? "y" : "y_train", archive, path), file: path)
        let hasTest = found.contains("x_test")
        let testLabels = hasTest ? try classes(array("y_test", archive, path), file: path) : []
        let classCount = classCount(trainLabels, testLabels)
        var test: LabelledExamples?
        if hasTest {
            test = try examples(array("x_test", archive, path), testLabels, classCount: classCount, file: path)
        }
        var groups: [Int]?
        if found.contains("groups_train") {
            let keys = try array("groups_train", archive, path)
            groups = try reading(path) { () throws(TensorError) in try keys.integers() }
        }
        return try Dataset(
            name: name,
            train: examples(trainFeatures, trainLabels, classCount: classCount, file: path),
            test: test,
            imageShape: imageShape(of: trainFeatures),
            provenance: "NumPy archive \(name)",
            groups: groups
        )
    }

    private static func array(
        _ name: String,
        _ archive: NPZArchive,
        _ path: String
    ) throws(DatasetError) -> NPYArray {
        let array = try reading(path) { () throws(TensorError) in try archive.array(named: name) }
        guard let array else {
            throw DatasetError(
                .notFound,
                "there is no array \"\(name)\" among \(archive.names.prefix(10))",
                advice: "name the arrays x_train, y_train, x_test and y_test",
                file: path
            )
        }
        return array
    }

    private static func classes(_ array: NPYArray, file: String) throws(DatasetError) -> [UInt8] {
        guard array.header.shape.first == array.header.count else {
            throw DatasetError(
                .mismatch,
                "labels of shape \(array.header.shape)",
                advice: "labels have one value per example",
                file: file
            )
        }
        var labels: [UInt8] = []
        for (index, value) in try reading(file, { () throws(TensorError) in try array.integers() }).enumerated() {
            guard let label = UInt8(exactly: value) else {
                throw DatasetError(
                    .invalidCell,
                    "example \(index) has label \(value)",
                    advice: "labels are whole numbers from 0 to 255",
                    file: file
                )
            }
            labels.append(label)
        }
        return labels
    }

    private static func examples(
        _ array: NPYArray,
        _ labels: [UInt8],
        classCount: Int,
        file: String
    ) throws(DatasetError) -> LabelledExamples {
        guard array.header.shape.first == labels.count, !labels.isEmpty else {
            throw DatasetError(
                .mismatch,
                "features of shape \(array.header.shape) for \(labels.count) labels",
                advice: "features have the shape (count, …), labels (count)",
                file: file
            )
        }
        var features = try reading(file) { () throws(TensorError) in try array.floats() }
        if array.header.type == .uint8 {
            features.withUnsafeMutableValues { values in
                for index in values.indices { values[index] /= 255 }
            }
        }
        return try examples(
            features,
            labels,
            featureCount: array.header.count / labels.count,
            classCount: classCount,
            file: file
        )
    }

    /// The shape of pictures in arrays of shape (count, height, width), with a channel axis of 1 before or after.
    private static func imageShape(of array: NPYArray) -> ImageShape? {
        let shape = array.header.shape
        switch shape.count {
        case 3: return ImageShape(width: shape[2], height: shape[1])
        case 4 where shape[1] == 1: return ImageShape(width: shape[3], height: shape[2])
        case 4 where shape[3] == 1: return ImageShape(width: shape[2], height: shape[1])
        default: return nil
        }
    }

    /// Runs `body`, a tensor file's failure told as a data set's.
    private static func reading<Value: ~Copyable>(
        _ file: String,
        _ body: () throws(TensorError) -> Value
    ) throws(DatasetError) -> Value {
        do {
            return try body()
        } catch {
            throw DatasetError(error, file: file)
        }
    }
}
