extension SwiftText {
    /// The modules that the source imports, in order, whatever the access level or attribute of the import.
    var imports: [String] {
        let words = words
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return words.indices.compactMap { position in
            guard words[position].text == "import", words[position].before != UInt8(ascii: ".") else { return nil }
            var next = position + 1
            if next < words.count, kinds.contains(words[next].text) { next += 1 }
            return next < words.count ? words[next].text : nil
        }
    }
}
