package import Tensors

/// What went wrong with a data set, a file of one, or a way of dividing it.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct DatasetError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The path holds nothing that is recognised as a data set.
        case notFound
        /// The file cannot be opened or read.
        case fileUnreadable
        /// A header is malformed or not of the expected kind.
        case invalidHeader
        /// The file ends before what its header promises, or goes on after it.
        case truncated
        /// Compressed contents are damaged.
        case corruptData
        /// An element type that is not read.
        case unsupportedType
        /// A cell of a table that is not what its column needs.
        case invalidCell
        /// Parts that belong together have different sizes.
        case mismatch
        /// More rows, columns, bytes or parts than `DatasetLimits` allows.
        case limit
        /// A division that cannot be made: too few examples, a bad number, no natural keys.
        case invalidPartition
        /// Random draws kept leaving somebody with too few examples.
        case unluckyDraws
    }

    /// Where in a file the failure lies.
    package enum Place: Hashable, Sendable, CustomStringConvertible {
        /// Bytes from the file's start.
        case byte(Int)
        /// Line and column of a table, both counted from 1; column 0 is the whole line.
        case cell(line: Int, column: Int)

        package var description: String {
            switch self {
            case .byte(let offset): "byte \(offset)"
            case .cell(let line, 0): "line \(line)"
            case .cell(let line, let column): "line \(line), column \(column)"
            }
        }
    }

    /// The kind of failure.
    package let code: Code
    /// What was wrong, with the offending value.
    package let reason: String
    /// What to do about it.
    package let advice: String
    /// The file, if one is to blame.
    package let file: String?
    /// Where in the file.
    package let place: Place?

    package init(_ code: Code, _ reason: String, advice: String, file: String? = nil, at place: Place? = nil) {
        self.code = code
        self.reason = reason
        self.advice = advice
        self.file = file
        self.place = place
    }

    /// A tensor file's failure as a data set's.
    package init(_ error: TensorError, file: String) {
        let (code, advice): (Code, String) =
            switch error.code {
            case .fileUnreadable: (.fileUnreadable, "check that the file is there and may be read")
            case .truncated: (.truncated, "the file is incomplete or damaged; fetch it again")
            case .corruptData: (.corruptData, "the file is damaged; fetch it again")
            case .unsupportedType: (.unsupportedType, "store it with a numeric type of 1, 2, 4 or 8 bytes")
            case .invalidHeader: (.invalidHeader, "check that the file is of the kind its name says")
            case .invalidLayout, .layoutMismatch: (.mismatch, "check that features and labels belong together")
            case .notFinite, .offGrid: (.invalidCell, "clean the data of values that are not finite numbers")
            }
        self.init(code, error.message, advice: advice, file: file, at: error.offset.map { .byte($0) })
    }

    package var description: String {
        let whereabouts = [file.map { "\"\($0)\"" }, place?.description].compactMap { $0 }.joined(separator: ", ")
        return (whereabouts.isEmpty ? "" : "\(whereabouts): ") + "\(reason); \(advice)"
    }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
