package import Attestation
package import Coordination
internal import Glibc
internal import Runs

/// What a coordinator keeps of a task for itself: `<task>/private`, which nothing is served from and no rule of
/// retention touches.
extension FolderVault {
    package func storeRecord(_ record: TaskRecord, task: Digest, bytes: [UInt8]) throws(CoordinationError) {
        let folder = privatePath(task)
        try Self.makeFolder(folder, mode: Self.privateFolderMode)
        let path = "\(folder)/\(record.fileName)"
        let before = Self.size(of: path)
        try budget.take(bytes.count)
        do {
            try DurableFile.write(bytes, to: path, mode: Self.privateFileMode)
        } catch {
            budget.giveBack(bytes.count)
            throw CoordinationError(error.code == .diskFull ? .diskFull : .storageFailed, error.message)
        }
        budget.giveBack(before)
    }

    package func record(_ record: TaskRecord, task: Digest) throws(CoordinationError) -> [UInt8] {
        let file: FileBlob
        do throws(CoordinationError) {
            file = try FileBlob.inVault("\(privatePath(task))/\(record.fileName)")
        } catch {
            guard error.code == .notFound else { throw error }
            throw CoordinationError(
                .notFound, "the private record \(record.fileName) of task \(task) is missing",
                hint: "restore the folder private of that task from a backup")
        }
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        do { try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } } catch {
            throw CoordinationError(.storageFailed, "\(error)")
        }
        return bytes
    }

    package func removeRecord(_ record: TaskRecord, task: Digest) throws(CoordinationError) {
        let path = "\(privatePath(task))/\(record.fileName)"
        let byteCount = Self.size(of: path)
        guard unlink(path) == 0 else {
            if errno == ENOENT { return }
            throw .system("remove", path, errno: errno)
        }
        budget.giveBack(byteCount)
    }

    /// Bytes of a file; 0 where there is none.
    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
