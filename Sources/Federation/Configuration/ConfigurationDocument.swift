internal import Yams

/// Reads a YAML file's text into nodes, after checks that keep a hostile file from nesting or growing without bound.
enum ConfigurationDocument {
    /// The root mapping of a file.
    ///
    /// - Throws: `FederationError` with code `malformedConfiguration` if the text is too long, nests too deep, uses
    ///   anchors or aliases, or is not a YAML mapping.
    static func root(of text: String) throws(FederationError) -> Node.Mapping {
        try checkBounds(of: text)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw FederationError(
                .malformedConfiguration, "not valid YAML: \(reason(error))",
                hint: "look at that place's indentation, quotes, brackets and colons")
        }
        guard let node, case .mapping(let mapping) = node else {
            throw FederationError(
                .malformedConfiguration,
                "the file holds no mapping of keys to values",
                hint: "write lines such as `key: value`"
            )
        }
        return mapping
    }

    private static func checkBounds(of text: String) throws(FederationError) {
        guard text.utf8.count <= FederationLimits.configurationByteCount else {
            throw FederationError(
                .malformedConfiguration,
                "the file has \(text.utf8.count) bytes; the limit is \(FederationLimits.configurationByteCount)"
            )
        }
        var brackets = 0
        var lineNumber = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            lineNumber += 1
            guard line.count <= FederationLimits.configurationLineByteCount else {
                throw FederationError(
                    .malformedConfiguration,
                    "line \(lineNumber) has over \(FederationLimits.configurationLineByteCount) bytes"
                )
            }
            let found = scan(line)
            brackets += found.brackets
            guard !found.hasReference else {
                throw FederationError(
                    .malformedConfiguration,
                    "line \(lineNumber) uses an anchor or alias",
                    hint: "write the value out; in text, put a space after & or *"
                )
            }
        }
        guard brackets <= FederationLimits.configurationBracketCount else {
            throw FederationError(
                .malformedConfiguration,
                "\(brackets) brackets; the limit is \(FederationLimits.configurationBracketCount)"
            )
        }
    }

    /// Opening brackets of a line outside comments, and whether it has an anchor or alias.
    ///
    /// Quotes are not followed from line to line. Where a line has any, nothing on it counts as a comment: a `#` may
    /// then be part of a quoted text, behind which the file goes on.
    private static func scan(_ line: Substring.UTF8View) -> (brackets: Int, hasReference: Bool) {
        let mayHaveComment = !line.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
        var brackets = 0
        var isComment = false
        var beforeLast = UInt8(ascii: " ")
        var last = UInt8(ascii: " ")
        for byte in line {
            if isLineBreak(beforeLast, last, byte) {
                isComment = false
            } else if byte == UInt8(ascii: "#"), mayHaveComment, isBlank(last) {
                isComment = true
            }
            if !isComment {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { brackets += 1 }
                let isSign = last == UInt8(ascii: "&") || last == UInt8(ascii: "*")
                if isSign, isWordByte(byte), mayStartValue(after: beforeLast) {
                    return (brackets, true)
                }
            }
            (beforeLast, last) = (last, byte)
        }
        return (brackets, false)
    }

    /// Whether the last byte ends a line for YAML, though not for this reader: a carriage return, U+0085, U+2028 or
    /// U+2029.
    private static func isLineBreak(_ beforeLast: UInt8, _ last: UInt8, _ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\r") || (last == 0xC2 && byte == 0x85)
            || (beforeLast == 0xE2 && last == 0x80 && (byte == 0xA8 || byte == 0xA9))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Blanks, the last bytes of the line breaks above, and marks behind which YAML needs no blank.
    private static func mayStartValue(after byte: UInt8) -> Bool {
        isBlank(byte) || [0x0D, 0x85, 0xA8, 0xA9].contains(byte) || "[{,:-?\"'".utf8.contains(byte)
    }

    /// Bytes that the names of anchors are made of.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What a parser found, without its quotation of the file: the place is enough.
    private static func reason(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let duplicates, _): "the key \"\(duplicates.first ?? "")\" is there twice"
        case .reader(let problem, _, _, _): problem
        default: "\(error)".split(separator: "\n").first.map(String.init) ?? "it cannot be read"
        }
    }
}
