/// Whether the tags of a page are balanced, its attributes quoted and its references known: a small strict reader of
/// what
/// both HTML and XML take.
enum MarkupBalance {
    /// The first thing wrong, or nil.
    static func fault(_ html: String) -> String? {
        var open: [String] = []
        var rest = Substring(html)
        if rest.hasPrefix("<!DOCTYPE html>") { rest = rest.dropFirst(15) }
        while let start = rest.firstIndex(of: "<") {
            let text = rest[..<start]
            if text.contains(">") && open.last != "style" { return "a bare > in \(text.suffix(40))" }
            if let bad = badReference(text), open.last != "style" { return "a bare & before \(bad)" }
            guard let end = tagEnd(rest[start...]) else { return "a tag that does not end" }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return "</\(tag.dropFirst())> out of place" }
                continue
            }
            let name = String(tag.prefix { $0.isLetter || $0.isNumber })
            if name.isEmpty { return "a < in the text before \(tag.prefix(40))" }
            if let bad = badReference(tag) { return "a bare & before \(bad)" }
            if !tag.hasSuffix("/") { open.append(name) }
        }
        return open.isEmpty ? nil : "<\(open.last ?? "")> is not closed"
    }

    /// The `>` that ends a tag, past quoted attributes.
    private static func tagEnd(_ text: Substring) -> Substring.Index? {
        var quoted = false
        for index in text.indices {
            if text[index] == "\"" { quoted.toggle() }
            if text[index] == ">", !quoted { return index }
            if text[index] == "<", index != text.startIndex { return nil }
        }
        return nil
    }

    private static func badReference(_ text: Substring) -> Substring? {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"]
        for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
        where !known.contains(where: part.hasPrefix) {
            return part.prefix(20)
        }
        return nil
    }
}
