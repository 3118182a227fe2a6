import Foundation

/// The files below a folder, as relative paths.
package enum FolderTree {
    /// One file or other thing found.
    package struct Item: Equatable {
        /// The path below the folder, with `/` between names.
        package let path: String
        /// Bytes, for a regular file.
        package let byteCount: Int
        /// Whether it is a regular file; links, devices and pipes are not.
        package let isRegular: Bool
    }

    /// Everything but folders below `root`, sorted by path bytes. Throws past `RunLimits.fileCount` or `folderDepth`.
    package static func items(below root: String) throws(RunError) -> [Item] {
        var items: [Item] = []
        try collect(root, prefix: "", depth: 0, into: &items)
        return items.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// As `items(below:)`, and none where the folder is missing.
    package static func itemsIfPresent(below root: String) throws(RunError) -> [Item] {
        access(root, F_OK) == 0 ? try items(below: root) : []
    }

    /// One file, by its path below `root`; nil if it is not there.
    static func item(_ path: String, below root: String) -> Item? {
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else { return nil }
        return Item(path: path, byteCount: Int(status.st_size), isRegular: status.st_mode & S_IFMT == S_IFREG)
    }

    private static func collect(
        _ folder: String,
        prefix: String,
        depth: Int,
        into items: inout [Item]
    ) throws(RunError) {
        guard depth <= RunLimits.folderDepth else {
            throw RunError(.tooLarge, "\(folder) lies more than \(RunLimits.folderDepth) folders deep in the run")
        }
        guard let stream = opendir(folder) else { throw .fileSystem("list", folder, errno: errno) }
        var folders: [String] = []
        while let entry = readdir(stream) {
            let name = Self.name(of: entry)
            if name == "." || name == ".." { continue }
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                folders.append(name)
            } else {
                let isRegular = status.st_mode & S_IFMT == S_IFREG
                items.append(Item(path: prefix + name, byteCount: Int(status.st_size), isRegular: isRegular))
            }
            if items.count + folders.count > RunLimits.fileCount { break }
        }
        closedir(stream)
        guard items.count + folders.count <= RunLimits.fileCount else {
            throw RunError(.tooLarge, "the run has more than \(RunLimits.fileCount) files")
        }
        for name in folders {
            try collect("\(folder)/\(name)", prefix: "\(prefix)\(name)/", depth: depth + 1, into: &items)
        }
    }

    /// The name in a folder's entry.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
    }
}
