package import Foundation

/// One line of `tributary runs list`.
package struct RunListing: Sendable {
    /// The folder's name.
    package let name: String
    /// When the run began (UTC), from the folder's name, or the folder's own date where the name has none.
    package let date: Date
    /// The run's summary; nil where the run did not finish or its summary cannot be read.
    package let summary: RunSummary?
    /// Why there is no summary, for people.
    package let fault: RunError?
    /// The folder.
    package let folder: RunFolder
}
