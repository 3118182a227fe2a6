/// What went wrong with a run folder or one of its files.
///
/// Equality is by `code` alone, so that tests compare codes and the wording stays free to improve.
package struct RunError: Error, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// The file or folder is not there.
        case missing
        /// A file stands where a folder is expected, or the folder holds no run.
        case notARunFolder
        /// More than one run answers to the name given.
        case ambiguousName
        /// The file, folder or file system does not allow writing (or reading).
        case readOnly
        /// The disk or the quota is full.
        case diskFull
        /// Any other failure of the file system.
        case fileSystem
        /// A file is larger, or holds more items, than its limit.
        case tooLarge
        /// A file does not have the form it should have.
        case malformed
        /// A file was written by a newer version.
        case unsupportedSchema
        /// A blob's name is taken by a file with other bytes.
        case conflictingBlob
        /// A signature does not verify, or could not be made.
        case badSignature
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for people: what was wrong, where, and what to do next.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
