/// What went wrong with a tensor, a layout or a tensor file.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct TensorError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A layout with a repeated name, a bad extent, or past a limit.
        case invalidLayout
        /// Two parameter sets that should have one layout have two.
        case layoutMismatch
        /// A value is NaN or infinite.
        case notFinite
        /// A value is not a multiple of the grid's step, out of the grid's range, or negative zero.
        case offGrid
        /// The file ends before what its header promises, or goes on after it.
        case truncated
        /// A header is malformed, of an unknown version, or past a limit.
        case invalidHeader
        /// Compressed bytes that do not decompress, or contents that differ from their checksum.
        case corruptData
        /// An element type that the reader does not convert.
        case unsupportedType
        /// The file cannot be opened, read or written.
        case fileUnreadable
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong and where.
    package let message: String
    /// Byte offset in the file, where the failure has one.
    package let offset: Int?

    package init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    package var description: String {
        offset.map { "\(message) (at byte \($0))" } ?? message
    }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
