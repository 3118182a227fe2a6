package import Foundation

extension RunFolder {
    /// Makes the folder of a new run: `<parent>/<name>-<yyyyMMdd-HHmmss>` in UTC, with `-2`, `-3`, … where that is
    /// taken.
    ///
    /// Characters of the name other than letters, digits, `.`, `_` and `-` become `-`. The parent is made where
    /// missing.
    package static func create(in parent: URL, name: String, now: Date) throws(RunError) -> RunFolder {
        try makeFolders(parent.standardizedFileURL.path)
        let stem = "\(slug(name))-\(timeText(now))"
        for attempt in 1...RunLimits.collisionCount {
            let folder = parent.appendingPathComponent(attempt == 1 ? stem : "\(stem)-\(attempt)")
            if mkdir(folder.path, 0o755) == 0 { return RunFolder(at: folder) }
            if errno != EEXIST { throw .fileSystem("create", folder.path, errno: errno) }
        }
        throw RunError(.fileSystem, "\(parent.path) has \(RunLimits.collisionCount) runs named \(stem)")
    }

    /// Opens a run by its folder's path. Throws `missing` or `notARunFolder`.
    package static func open(_ path: String) throws(RunError) -> RunFolder {
        let folder = RunFolder(at: URL(fileURLWithPath: path))
        var status = stat()
        guard stat(folder.url.path, &status) == 0 else { throw .fileSystem("open", folder.url.path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw RunError(.notARunFolder, "\(folder.url.path) is a file; name the folder of a run")
        }
        let marks = [folder.scenario, folder.ledger, folder.summary]
        guard marks.contains(where: { access($0.path, F_OK) == 0 }) else {
            throw RunError(
                .notARunFolder,
                "\(folder.url.path) holds no run (no scenario.yaml, ledger.sqlite or summary.json); "
                    + "`tributary runs list` names the runs"
            )
        }
        return folder
    }

    /// Opens a run by path, by name, by the beginning of a name that no other run has, or as `latest`.
    package static func find(_ text: String, in parent: URL) throws(RunError) -> RunFolder {
        if text.contains("/") || access(text, F_OK) == 0 { return try open(text) }
        let names = try runNames(in: parent)
        if text == "latest", let newest = names.first {
            return try open(parent.appendingPathComponent(newest.name).path)
        }
        if names.contains(where: { $0.name == text }) { return try open(parent.appendingPathComponent(text).path) }
        let matches = names.filter { $0.name.hasPrefix(text) }
        guard let match = matches.first else {
            throw RunError(.missing, "no run named \(text) in \(parent.path); `tributary runs list` names the runs")
        }
        guard matches.count == 1 else {
            let some = matches.prefix(3).map(\.name).joined(separator: ", ")
            throw RunError(.ambiguousName, "\(matches.count) runs begin with \(text): \(some); give more of the name")
        }
        return try open(parent.appendingPathComponent(match.name).path)
    }

    /// The runs in a folder, newest first (then by name). A missing folder has none.
    ///
    /// - Complexity: O(n log n), and a summary read a run.
    package static func list(in parent: URL) throws(RunError) -> [RunListing] {
        var listings: [RunListing] = []
        for (name, date) in try runNames(in: parent).prefix(RunLimits.listedRunCount) {
            let folder = RunFolder(at: parent.appendingPathComponent(name))
            do throws(RunError) {
                let summary = try folder.readSummary()
                listings.append(RunListing(name: name, date: date, summary: summary, fault: nil, folder: folder))
            } catch {
                listings.append(RunListing(name: name, date: date, summary: nil, fault: error, folder: folder))
            }
        }
        return listings
    }

    /// Names and dates of the run folders below a folder, newest first.
    private static func runNames(in parent: URL) throws(RunError) -> [(name: String, date: Date)] {
        guard let stream = opendir(parent.path) else {
            if errno == ENOENT { return [] }
            throw .fileSystem("list", parent.path, errno: errno)
        }
        defer { closedir(stream) }
        var found: [(name: String, date: Date)] = []
        while let entry = readdir(stream) {
            let name = FolderTree.name(of: entry)
            if name.hasPrefix(".") { continue }
            let path = parent.appendingPathComponent(name).path
            guard (try? open(path)) != nil else { continue }
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            let modified = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
            found.append((name, date(inName: name) ?? modified))
        }
        return found.sorted { ($1.date, $0.name) < ($0.date, $1.name) }
    }

    private static func makeFolders(_ path: String) throws(RunError) {
        if mkdir(path, 0o755) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolders(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 { return }
        }
        let number = errno
        var status = stat()
        guard stat(path, &status) == 0 else { throw .fileSystem("create", path, errno: number) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw RunError(.notARunFolder, "\(path) is a file; runs need a folder there, so choose another")
        }
    }

    /// Makes one of the run's own folders where it is missing.
    func makeFolder(_ folder: URL) throws(RunError) {
        try Self.makeFolders(folder.path)
    }
}
