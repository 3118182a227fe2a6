/// One way in which a run folder differs from its signed list.
package struct ManifestFault: Equatable, Sendable, CustomStringConvertible {
    /// The kinds of difference.
    package enum Kind: String, Sendable {
        /// The file is listed and not there.
        case missing
        /// The file is there and not listed.
        case extra
        /// The file's bytes are not those listed.
        case changed
        /// The list itself is malformed, was changed, or is not signed by the expected key.
        case badManifest
        /// The file cannot be read.
        case unreadable
    }

    /// The kind of difference.
    package let kind: Kind
    /// The file, relative to the run folder.
    package let path: String
    /// What was expected and found, for people.
    package let detail: String

    package var description: String { "\(path) \(reason)" }

    /// What is wrong with the file, as the end of a sentence that begins with its path.
    package var reason: String {
        switch kind {
        case .missing: "is missing: \(detail)"
        case .extra: "is not on the manifest: \(detail)"
        case .changed: "was changed: \(detail)"
        case .badManifest: "does not hold: \(detail)"
        case .unreadable: "cannot be read: \(detail)"
        }
    }
}
