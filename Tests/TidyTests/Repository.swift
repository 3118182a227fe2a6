import Foundation

/// The checkout, read through the file system alone: no git, no network, no clock.
struct Repository: Sendable {
    /// The checkout that holds this file.
    static let checkout = Repository(
        root: URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    )

    let root: URL

    /// Folders that hold nothing anybody wrote.
    private static let skippedFolders: Set<String> = [".build", ".git", "runs", ".swiftpm"]
    private static let textSuffixes: Set<String> = [
        "swift", "md", "c", "h", "modulemap", "proto", "sh", "py", "yaml", "yml", "html", "css", "js", "json", "csv",
        "txt",
    ]
    private static let namedTextFiles: Set<String> = [
        "run", "Dockerfile", "LICENSE", "NOTICE", ".gitignore", ".swift-format", ".dockerignore",
    ]

    /// One text file: its path below the root and its text.
    struct TextFile: Sendable {
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// Lines as people count them: the newline at the end begins no line.
        var lineCount: Int { lines.count - (text.hasSuffix("\n") ? 1 : 0) }

        /// File name without its last suffix.
        var baseName: String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        }

        /// `Ledger` for `Sources/Ledger/Entry.swift`.
        var module: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 ? String(parts[1]) : nil
        }
    }

    /// Paths of all files below a folder of the checkout ("" for the root), sorted; folders that are links are
    /// followed.
    func paths(below folder: String = "") -> [String] {
        let url = folder.isEmpty ? root : root.appendingPathComponent(folder)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else { return [] }
        return names.sorted().flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            guard isFolder(path) else { return [path] }
            return Self.skippedFolders.contains(name) ? [] : paths(below: path)
        }
    }

    /// The text files below a folder, those that a program generated left out.
    func textFiles(below folder: String = "", suffixes: Set<String>? = nil) -> [TextFile] {
        paths(below: folder).compactMap { path in
            let name = String(path.split(separator: "/").last ?? "")
            let suffix = name.contains(".") ? String(name.split(separator: ".").last ?? "") : ""
            let isWanted =
                suffixes.map { $0.contains(suffix) }
                ?? (Self.textSuffixes.contains(suffix) || Self.namedTextFiles.contains(name))
            guard isWanted, !path.contains("/Generated/") else { return nil }
            return text(path).map { TextFile(path: path, text: $0) }
        }
    }

    /// A file's text, or nil where there is no such file or it is not UTF-8.
    func text(_ path: String) -> String? {
        (try? Data(contentsOf: root.appendingPathComponent(path))).flatMap { String(data: $0, encoding: .utf8) }
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        let full = root.appendingPathComponent(path).path
        return FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Names of the folders right below a folder.
    func folders(in folder: String) -> [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
        return names.filter { isFolder("\(folder)/\($0)") }.sorted()
    }
}
