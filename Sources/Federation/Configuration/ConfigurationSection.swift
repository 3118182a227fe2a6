internal import Yams

/// One mapping of a task or scenario file, read key by key with typed errors that name the key and its line.
package struct ConfigurationSection {
    private let path: String
    private let line: Int?
    private var values: [String: Node] = [:]

    /// The root section of a file.
    ///
    /// - Parameter text: the file's text.
    /// - Throws: `FederationError`, see `ConfigurationDocument`.
    package init(text: String) throws(FederationError) {
        try self.init(mapping: ConfigurationDocument.root(of: text), path: "", line: nil)
    }

    private init(mapping: Node.Mapping, path: String, line: Int?) throws(FederationError) {
        self.path = path
        self.line = line
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw FederationError(
                    .malformedConfiguration,
                    "a key of \(path.isEmpty ? "the file" : path) is no word"
                )
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw FederationError(.malformedConfiguration, "\(Self.join(path, name)) appears twice")
            }
        }
    }

    /// Refuses keys that are not in `known`, naming the nearest known one, here or in another section.
    ///
    /// - Parameter elsewhere: keys of other sections, as `section.key`.
    package func expectOnly(_ known: [String], elsewhere: [String] = []) throws(FederationError) {
        for name in values.keys.sorted() where !known.contains(name) {
            let lastWords = elsewhere.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
            let nearest =
                NearestWord.to(name, among: known)
                ?? NearestWord.to(name, among: lastWords).flatMap { word in elsewhere.first { $0.hasSuffix(".\(word)") }
                }
            throw FederationError(
                .unknownKey,
                "unknown key \(Self.join(path, name))\(place(of: name))",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? "known keys: \(known.joined(separator: ", "))"
            )
        }
    }

    /// The section's keys, in order of name: for sections whose keys are somebody's names.
    package var names: [String] { values.keys.sorted() }

    /// Whether a key is there.
    package func has(_ key: String) -> Bool { values[key] != nil }

    /// A section below this one, or nil.
    package func section(_ key: String) throws(FederationError) -> ConfigurationSection? {
        guard let node = values[key] else { return nil }
        guard case .mapping(let mapping) = node else { throw wrong(key, "a mapping of keys to values") }
        return try ConfigurationSection(mapping: mapping, path: Self.join(path, key), line: node.mark?.line)
    }

    /// A list of sections, or nil.
    package func sections(_ key: String) throws(FederationError) -> [ConfigurationSection]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let sequence) = node else { throw wrong(key, "a list") }
        var sections: [ConfigurationSection] = []
        for (index, element) in sequence.enumerated() {
            guard case .mapping(let mapping) = element else {
                throw wrong("\(key)[\(index)]", "a mapping of keys to values")
            }
            sections.append(
                try ConfigurationSection(
                    mapping: mapping,
                    path: "\(Self.join(path, key))[\(index)]",
                    line: element.mark?.line
                )
            )
        }
        return sections
    }

    /// A word or text, or nil.
    package func string(_ key: String) throws(FederationError) -> String? {
        guard let node = values[key] else { return nil }
        guard let scalar = node.scalar else { throw wrong(key, "one value") }
        return scalar.string
    }

    /// One of several words, or nil.
    package func word(_ key: String, among known: [String]) throws(FederationError) -> String? {
        guard let text = try string(key) else { return nil }
        guard known.contains(text) else {
            let nearest = NearestWord.to(text, among: known)
            throw FederationError(
                .invalidValue,
                "\(Self.join(path, key)) cannot be \"\(text)\"\(place(of: key))",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? "one of \(known.joined(separator: ", "))"
            )
        }
        return text
    }

    /// A whole number in a range, or nil.
    package func integer(_ key: String, in range: ClosedRange<Int>) throws(FederationError) -> Int? {
        guard let text = try string(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return value
    }

    /// A list of words or texts, or nil.
    package func strings(_ key: String) throws(FederationError) -> [String]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let sequence) = node else { throw wrong(key, "a list") }
        var texts: [String] = []
        for element in sequence {
            guard let text = element.scalar?.string else { throw wrong(key, "a list of words") }
            texts.append(text)
        }
        return texts
    }

    /// A list of whole numbers, or nil.
    package func integers(_ key: String, in range: ClosedRange<Int>) throws(FederationError) -> [Int]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let sequence) = node else { throw wrong(key, "a list of whole numbers") }
        var numbers: [Int] = []
        for element in sequence {
            guard let text = element.scalar?.string, let value = Int(text), range.contains(value) else {
                throw wrong(key, "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)")
            }
            numbers.append(value)
        }
        return numbers
    }

    /// A finite number in a range, or nil.
    package func number(_ key: String, in range: ClosedRange<Double>) throws(FederationError) -> Double? {
        guard let text = try string(key) else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw wrong(key, "a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return value
    }

    /// The error for a key that must be there.
    package func missing(_ key: String) -> FederationError {
        FederationError(
            .missingKey,
            "\(Self.join(path, key)) is missing\(line.map { " (section at line \($0))" } ?? "")"
        )
    }

    /// The error for a value that is not what it must be.
    package func wrong(_ key: String, _ expected: String) -> FederationError {
        FederationError(.invalidValue, "\(Self.join(path, key)) must be \(expected)\(place(of: key))")
    }

    private func place(of key: String) -> String {
        values[key]?.mark.map { " (line \($0.line))" } ?? ""
    }

    private static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }
}
