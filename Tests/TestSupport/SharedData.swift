package import Foundation

/// Where the data sets and golden vectors that are too large or not ours to ship are found.
///
/// The folder is `shared/data` beside the checkout, or what `TRIBUTARY_SHARED_DATA` names. Tests that need it are
/// skipped where it is absent.
package enum SharedData {
    /// The data folder, or nil where it is absent.
    package static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["TRIBUTARY_SHARED_DATA"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
            .deletingLastPathComponent().appendingPathComponent("shared/data")
        return [named, beside].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("SHA256SUMS").path)
        }
    }()

    /// Whether the data folder is there.
    package static var isPresent: Bool { folder != nil }

    /// Why a test that needs the folder was skipped.
    package static let absence = "the shared data folder is absent (set TRIBUTARY_SHARED_DATA)"

    /// A file or folder below the data folder. Only to be called where `isPresent`.
    package static func url(_ path: String) throws -> URL {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return folder.appendingPathComponent(path)
    }

    /// The bytes of a file below the data folder.
    package static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url(path)))
    }
}
