internal import Coordination
internal import Runs

extension FileBlob {
    /// Opens a finished blob of the vault.
    ///
    /// - Throws: `CoordinationError`: `notFound`, or `storageFailed`.
    static func inVault(_ path: String) throws(CoordinationError) -> FileBlob {
        do { return try FileBlob(path: path) } catch {
            guard error.code == .missing else { throw CoordinationError(.storageFailed, error.message) }
            throw CoordinationError(.notFound, "there is no \(path.split(separator: "/").last ?? "blob")")
        }
    }
}
