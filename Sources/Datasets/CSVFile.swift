package import Tensors

/// A table of numbers with a label column, read from CSV text.
package struct CSVFile: ~Copyable {
    /// The cells of the feature columns, row-major.
    package let features: ParameterBuffer
    /// The label column.
    package let labels: [UInt8]
    /// The group column, its different texts numbered in order of appearance; nil without such a column.
    package let groups: [Int]?
    /// The feature columns' names, where the file has a header.
    package let featureNames: [String]?
    /// Number of feature columns.
    package let featureCount: Int

    /// Reads a whole file's text. Each cell is read as float64 and rounded to float32.
    ///
    /// - Parameters:
    ///   - text: the file's bytes.
    ///   - name: the file's name, for messages.
    ///   - options: what the columns mean.
    /// - Throws: `DatasetError`: `invalidCell` with line and column for what is no number or no label, and for lines of
    ///   different lengths; `invalidHeader` for a missing column; `truncated` for a file without examples; `limit`.
    package init(_ text: RawSpan, name: String, options: CSVOptions = CSVOptions()) throws(DatasetError) {
        var rows = try text.withUnsafeBytes { (bytes) throws(DatasetError) in
            try CSVRows(reading: CSVReader(bytes, name: name), name: name, options: options)
        }
        featureCount = rows.featureCount
        labels = rows.labels
        groups = rows.columns.group == nil ? nil : rows.groups
        featureNames = rows.featureNames
        features = ParameterBuffer(rows.features)
        rows.features = []
    }
}
