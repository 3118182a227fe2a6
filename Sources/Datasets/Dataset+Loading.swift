internal import Foundation

extension Dataset {
    /// Reads whatever data set a path holds.
    ///
    /// A file is read by its extension: `.csv` (label in the last column), `.npz`, or `.npy` with features and
    /// `labels.npy` beside it. In a folder are looked for, in this order: MNIST's four IDX files, one `.npz` file,
    /// `features.npy` and `labels.npy`, `train.csv` with or without `test.csv`, one `.csv` file.
    ///
    /// - Parameters:
    ///   - path: a file or a folder, or the word `digits` for the data set that is compiled in.
    ///   - csv: what a CSV file's columns mean.
    /// - Throws: `DatasetError`: `notFound`, saying what was looked for, and those of the format found.
    package static func load(path: String, csv options: CSVOptions = CSVOptions()) throws(DatasetError) -> Dataset {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            if path == "digits" { return try digits() }
            throw DatasetError(
                .notFound,
                "there is no such file or folder",
                advice: "check the path, or write \"digits\" for the data set that is compiled in",
                file: path
            )
        }
        return isFolder.boolValue ? try load(folder: path, options) : try load(file: path, options)
    }

    private static func load(file: String, _ options: CSVOptions) throws(DatasetError) -> Dataset {
        let lowercased = file.lowercased()
        if lowercased.hasSuffix(".npz") { return try npz(path: file) }
        if lowercased.hasSuffix(".csv") { return try csv(path: file, options: options) }
        if lowercased.hasSuffix(".npy") {
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            return try npy(features: file, labels: "\(folder)/labels.npy")
        }
        throw DatasetError(
            .notFound,
            "the file's name does not end in .csv, .npy or .npz",
            advice: "name one of these, or a folder (MNIST's IDX files are read by folder)",
            file: file
        )
    }

    private static func load(folder: String, _ options: CSVOptions) throws(DatasetError) -> Dataset {
        if hasIDXFiles(in: folder) { return try idx(folder: folder) }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw DatasetError(
                .fileUnreadable,
                "the folder cannot be read",
                advice: "check its permissions",
                file: folder
            )
        }
        let archives = names.filter { $0.lowercased().hasSuffix(".npz") }
        if archives.count == 1 { return try npz(path: "\(folder)/\(archives[0])") }
        if names.contains("features.npy") {
            return try npy(features: "\(folder)/features.npy", labels: "\(folder)/labels.npy")
        }
        if names.contains("train.csv") {
            let test = names.contains("test.csv") ? "\(folder)/test.csv" : nil
            return try csv(path: "\(folder)/train.csv", test: test, options: options)
        }
        let tables = names.filter { $0.lowercased().hasSuffix(".csv") }
        if tables.count == 1 { return try csv(path: "\(folder)/\(tables[0])", options: options) }
        throw DatasetError(
            .notFound,
            """
            the folder has no train-images-idx3-ubyte[.gz], no single .npz file (\(archives.count)), no features.npy, \
            no train.csv and no single .csv file (\(tables.count))
            """,
            advice: "put one data set in it, or name the file",
            file: folder
        )
    }
}
