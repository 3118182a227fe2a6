import Attestation
import Foundation
import Tensors

extension BlobStore {
    /// The round of models that were found on opening.
    static let noRound = -1

    /// What a folder holds of models or states: the round each belongs to, and its bytes.
    typealias Shelf = [Digest: (round: Int, byteCount: UInt64)]

    /// The updates' bytes by round, the models and the states of a folder. Files with other names are left alone.
    static func scan(
        _ folder: RunFolder
    ) throws(RunError) -> (updates: [Int: UInt64], models: Shelf, states: Shelf) {
        var updates: [Int: UInt64] = [:]
        var models: Shelf = [:]
        var states: Shelf = [:]
        for item in try FolderTree.itemsIfPresent(below: folder.updates.path) where item.isRegular {
            let parts = item.path.split(separator: "/")
            guard parts.count == 2, let round = Int(parts[0]), RunFolder.roundName(round) == parts[0],
                digest(inName: parts[1], suffix: ".safetensors") != nil
            else { continue }
            updates[round, default: 0] += UInt64(item.byteCount)
        }
        for item in try FolderTree.itemsIfPresent(below: folder.models.path) where item.isRegular {
            if let digest = digest(inName: item.path[...], suffix: ".safetensors") {
                models[digest] = (noRound, UInt64(item.byteCount))
            } else if let digest = digest(inName: item.path[...], suffix: ".state") {
                states[digest] = (noRound, UInt64(item.byteCount))
            }
        }
        return (updates, models, states)
    }

    private static func digest(inName name: Substring, suffix: String) -> Digest? {
        name.hasSuffix(suffix) ? try? Digest(hex: String(name.dropLast(suffix.count))) : nil
    }

    /// Bytes of a file, or nil where there is none.
    static func byteCount(_ path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue
    }

    /// A file of the same digest and another size is not the same blob.
    static func check(_ present: Int, equals size: UInt64, _ path: String) throws(RunError) {
        if UInt64(present) != size {
            throw RunError(.conflictingBlob, "\(path) is there with \(present) bytes instead of \(size); remove it")
        }
    }

    /// Maps a file, telling what is missing from what cannot be read.
    static func map(_ path: String) throws(RunError) -> MappedFile {
        guard FileManager.default.fileExists(atPath: path) else {
            throw RunError(.missing, "\(path) was not kept; the run's retention rule or disk budget let it go")
        }
        do {
            return try MappedFile(path: path)
        } catch {
            throw RunError(.fileSystem, error.message)
        }
    }

    /// Removes a file or a folder with all it holds.
    static func remove(_ path: String) throws(RunError) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            let code = (error as NSError).code
            if code == CocoaError.fileNoSuchFile.rawValue { return }
            let denied = code == CocoaError.fileWriteNoPermission.rawValue
            throw RunError(denied ? .readOnly : .fileSystem, "cannot remove \(path): \(error.localizedDescription)")
        }
    }
}
