/// The bounds of what this module reads or divides; what passes one of them is refused with a `DatasetError`.
package enum DatasetLimits {
    /// Examples of one data set.
    package static let exampleCount = 100_000_000
    /// Features of one example.
    package static let featureCount = 1 << 24
    /// Feature values of one data set: 2^31, that is 8 GiB of float32.
    package static let valueCount = 1 << 31
    /// Dimensions of an IDX file.
    package static let idxRank = 8
    /// Lines of a CSV file, the header included.
    package static let csvLineCount = 100_000_001
    /// Columns of a CSV file.
    package static let csvColumnCount = 65_536
    /// Bytes of one CSV cell.
    package static let csvCellByteCount = 4_096
    /// Different natural keys of one data set.
    package static let groupCount = 10_000_000
    /// Participants a data set is divided among.
    package static let participantCount = 1_000_000
    /// Times a random division is drawn again before giving up.
    package static let drawCount = 1_000
    /// Concentrations that a Dirichlet distribution may have here.
    package static let concentration = 1e-3...1e6
}
