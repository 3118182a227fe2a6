internal import Federation

extension AgentSettings {
    /// The text of a settings file with other data to train on, and all else as somebody wrote it.
    ///
    /// - Throws: `AgentError` with code `invalidSettings` where the file cannot be read, or is written in a way that
    ///   only its author can change.
    package static func text(_ text: String, withData data: String) throws(AgentError) -> String {
        var expected = try AgentSettings(text: text, threads: 1)
        expected.data = data
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let line = "data: \(ConfigurationSection.quoted(data))"
        let place = lines.firstIndex { $0.hasPrefix("data:") } ?? lines.firstIndex { $0.hasPrefix("# data:") }
        if let place { lines[place] = line } else { lines.insert(line, at: 0) }
        let changed = lines.joined(separator: "\n")
        // Whatever else the file does with YAML, what is written says what was meant, or is not written.
        guard (try? AgentSettings(text: changed, threads: 1)) == expected else {
            throw AgentError(.invalidSettings, "the key data in agent.yaml is not one line that could be replaced")
        }
        return changed
    }
}
