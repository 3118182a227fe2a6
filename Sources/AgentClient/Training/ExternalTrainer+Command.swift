import FoundationEssentials

extension ExternalTrainer {
    /// The words of a command line: split at blanks, with quotes and backslashes as in a shell, and nothing expanded.
    ///
    /// - Throws: `AgentError` with code `invalidSettings` for a quote that is not closed or a backslash at the end.
    package static func words(of text: String) throws(AgentError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch (quote, character) {
            case (nil, "'"), (nil, "\""):
                quote = character
                word = word ?? ""
            case ("'", "'"), ("\"", "\""): quote = nil
            case (nil, "\\"), ("\"", "\\"):
                guard let next = rest.popFirst() else {
                    throw AgentError(.invalidSettings, "the trainer's command ends in a backslash")
                }
                // Between double quotes a backslash stands for itself unless it protects something.
                let isLiteral = quote != nil && next != "\"" && next != "\\"
                word = (word ?? "") + (isLiteral ? "\\" : "") + String(next)
            case (nil, _) where character.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw AgentError(.invalidSettings, "the trainer's command has a quote that is not closed: \(text)")
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// Where programs are looked for.
    static var searchPath: String { ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin" }

    /// The absolute path of a program, or nil where there is none.
    static func program(named name: String) -> String? {
        if name.contains("/") { return isProgram(absolute(name)) ? absolute(name) : nil }
        // The usual folders count even where the PATH of a service leaves them out.
        let folders = searchPath.split(separator: ":").map(String.init) + ["/usr/bin", "/bin"]
        return folders.map { absolute("\($0)/\(name)") }.first { isProgram($0) }
    }

    /// A relative path that leads to something here, made absolute; anything else as it is.
    static func absoluteIfPresent(_ word: String) -> String {
        guard !word.hasPrefix("/"), !word.hasPrefix("-"), !word.isEmpty,
            FileManager.default.fileExists(atPath: word)
        else { return word }
        return absolute(word)
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
