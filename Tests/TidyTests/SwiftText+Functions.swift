extension SwiftText {
    /// A function with a body: its name, and its lines from the first of its declaration to the closing brace.
    struct Function: Equatable {
        let name: String
        let line: Int
        let lineCount: Int
    }

    /// The functions, initialisers, deinitialisers and subscripts that have a body; functions within functions too.
    var functions: [Function] {
        let words = words
        return words.indices.compactMap { position -> Function? in
            let word = words[position]
            let end = word.offset + word.text.utf8.count
            let name: String
            switch word.text {
            case "func": name = position + 1 < words.count ? words[position + 1].text : "func"
            case "init":
                guard word.before != UInt8(ascii: "."), let next = byte(after: end), "(?!<".utf8.contains(next) else {
                    return nil
                }
                name = "init"
            case "deinit": name = "deinit"
            case "subscript":
                guard let next = byte(after: end), "(<".utf8.contains(next) else { return nil }
                name = "subscript"
            default: return nil
            }
            guard let open = bodyStart(after: end), let close = matchingBrace(open) else { return nil }
            let first = line(of: word.offset)
            return Function(name: name, line: first, lineCount: line(of: close) - first + 1)
        }
    }

    /// Where the body of a declaration opens, or nil where it has none, as in a protocol.
    private func bodyStart(after offset: Int) -> Int? {
        let enders: Set<String> = [
            "func", "var", "let", "init", "static", "mutating", "associatedtype", "subscript", "package", "private",
            "internal", "public", "struct", "enum", "extension", "class", "actor", "protocol", "case",
        ]
        var index = offset
        var depth = 0
        while index < code.count {
            let byte = code[index]
            if Self.isWordByte(byte) {
                let start = index
                while index < code.count, Self.isWordByte(code[index]) { index += 1 }
                if depth == 0, enders.contains(String(decoding: code[start..<index], as: UTF8.self)) { return nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return index
            case UInt8(ascii: "}") where depth == 0: return nil
            default: break
            }
            index += 1
        }
        return nil
    }

    private func matchingBrace(_ open: Int) -> Int? {
        var depth = 0
        for index in open..<code.count {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }
}
