internal import Glibc
internal import Tensors

extension Dataset {
    /// The files of a folder in the format of MNIST, by the names under which they are published.
    private static let idxNames = (
        trainImages: "train-images-idx3-ubyte", trainLabels: "train-labels-idx1-ubyte",
        testImages: "t10k-images-idx3-ubyte", testLabels: "t10k-labels-idx1-ubyte"
    )

    /// Whether the folder has the training images of MNIST's format.
    static func hasIDXFiles(in folder: String) -> Bool {
        idxPath(idxNames.trainImages, in: folder) != nil
    }

    /// A data set in the format of MNIST: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and, where they are
    /// there, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`; each plain or with `.gz`. Pixels are divided by
    /// 255.
    ///
    /// - Throws: `DatasetError`: `notFound`, `mismatch` between images and labels, and those of `IDXFile`.
    package static func idx(folder: String) throws(DatasetError) -> Dataset {
        let trainLabels = try idxLabels(idxNames.trainLabels, in: folder)
        let hasTest = idxPath(idxNames.testImages, in: folder) != nil
        let testLabels = hasTest ? try idxLabels(idxNames.testLabels, in: folder) : []
        let classCount = classCount(trainLabels, testLabels)
        let (train, shape) = try idxExamples(idxNames.trainImages, trainLabels, classCount, in: folder)
        let test =
            hasTest ? try idxExamples(idxNames.testImages, testLabels, classCount, in: folder).examples : nil
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        return try Dataset(
            name: name,
            train: train,
            test: test,
            imageShape: shape,
            provenance: "IDX files in \(name)"
        )
    }

    private static func idxLabels(_ name: String, in folder: String) throws(DatasetError) -> [UInt8] {
        let file = try idxFile(name, in: folder)
        let idx = try IDXFile(file.span, name: file.path)
        guard idx.extents.count == 1 else {
            throw DatasetError(
                .invalidHeader,
                "labels of extents \(idx.extents)",
                advice: "labels have one dimension",
                file: file.path
            )
        }
        return try idx.bytes()
    }

    private static func idxExamples(
        _ name: String,
        _ labels: [UInt8],
        _ classCount: Int,
        in folder: String
    ) throws(DatasetError) -> (examples: LabelledExamples, shape: ImageShape) {
        let file = try idxFile(name, in: folder)
        let idx = try IDXFile(file.span, name: file.path)
        let extents = idx.extents
        guard extents.count == 3 else {
            throw DatasetError(
                .invalidHeader,
                "pictures of extents \(extents)",
                advice: "pictures have count, height and width",
                file: file.path
            )
        }
        guard extents[0] == labels.count else {
            throw DatasetError(
                .mismatch,
                "\(extents[0]) pictures, but \(labels.count) labels",
                advice: "use the two files of one set",
                file: file.path
            )
        }
        let examples = try examples(
            idx.fractions(),
            labels,
            featureCount: extents[1] * extents[2],
            classCount: classCount,
            file: file.path
        )
        return (examples, ImageShape(width: extents[2], height: extents[1]))
    }

    private static func idxFile(_ name: String, in folder: String) throws(DatasetError) -> MappedFile {
        guard let path = idxPath(name, in: folder) else {
            throw DatasetError(
                .notFound,
                "there is no \(name) or \(name).gz",
                advice: "put the files of the data set in one folder under their published names",
                file: folder
            )
        }
        do {
            return try MappedFile(path: path)
        } catch {
            throw DatasetError(error, file: path)
        }
    }

    private static func idxPath(_ name: String, in folder: String) -> String? {
        ["\(folder)/\(name)", "\(folder)/\(name).gz"].first { access($0, F_OK) == 0 }
    }
}
