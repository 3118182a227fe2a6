/// Swift source as far as the tidy test needs it: comments and string contents blanked, so that braces and words that
/// are left belong to code. Lines keep their numbers.
///
/// Interpolations are blanked with the string around them. Regex literals are not known; write them as `#/…/#` or as
/// strings where they hold quotes or braces.
struct SwiftText {
    /// The source with every byte of a comment or string, newlines apart, replaced by a space.
    let code: [UInt8]

    init(_ source: String) {
        var blanker = Blanker(bytes: Array(source.utf8))
        code = blanker.blanked()
    }

    /// A word of the code: where it begins, what it is, and the last byte before it that is not a space.
    struct Word {
        let offset: Int
        let text: String
        let before: UInt8?
    }

    /// The identifiers and keywords, in order.
    var words: [Word] {
        var words: [Word] = []
        var index = 0
        var before: UInt8?
        while index < code.count {
            let byte = code[index]
            guard Self.isWordByte(byte) else {
                if !Self.isSpace(byte) { before = byte }
                index += 1
                continue
            }
            let start = index
            while index < code.count, Self.isWordByte(code[index]) { index += 1 }
            words.append(
                Word(offset: start, text: String(decoding: code[start..<index], as: UTF8.self), before: before)
            )
            before = code[index - 1]
        }
        return words
    }

    /// Line of a byte, from 1.
    func line(of offset: Int) -> Int {
        1 + code[..<offset].count { $0 == UInt8(ascii: "\n") }
    }

    /// The first byte at or after an offset that is not a space.
    func byte(after offset: Int) -> UInt8? {
        code[offset...].first { !Self.isSpace($0) }
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }
}

/// Walks over Swift source once and blanks what is not code.
private struct Blanker {
    let bytes: [UInt8]
    private var result: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        result = bytes
    }

    mutating func blanked() -> [UInt8] {
        while index < bytes.count {
            if starts("//") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank(1) }
            } else if starts("/*") {
                blankComment()
            } else if bytes[index] == UInt8(ascii: "\"") {
                blankString(hashes: 0)
            } else if bytes[index] == UInt8(ascii: "#") {
                let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
                let next = index + hashes
                index = next
                if next < bytes.count, bytes[next] == UInt8(ascii: "\"") { blankString(hashes: hashes) }
            } else {
                index += 1
            }
        }
        return result
    }

    private func starts(_ text: StaticString, at offset: Int? = nil) -> Bool {
        let start = offset ?? index
        let count = text.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { text.utf8Start[$0] == bytes[start + $0] }
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<min(count, bytes.count - index) {
            if bytes[index] != UInt8(ascii: "\n") { result[index] = UInt8(ascii: " ") }
            index += 1
        }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < bytes.count
    }

    /// Blanks a string literal whose opening quote is at the index, after so many number signs.
    private mutating func blankString(hashes: Int) {
        let isMultiline = starts("\"\"\"")
        let quotes = isMultiline ? 3 : 1
        blank(quotes)
        while index < bytes.count {
            if closes(quotes: quotes, hashes: hashes) {
                blank(quotes + hashes)
                return
            }
            if bytes[index] == UInt8(ascii: "\\"), hasHashes(hashes, at: index + 1) {
                blank(1 + hashes)
                if index < bytes.count, bytes[index] == UInt8(ascii: "(") { blankInterpolation() } else { blank(1) }
            } else if !isMultiline, bytes[index] == UInt8(ascii: "\n") {
                return
            } else {
                blank(1)
            }
        }
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        offset + count <= bytes.count && bytes[offset..<offset + count].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private func closes(quotes: Int, hashes: Int) -> Bool {
        (quotes == 3 ? starts("\"\"\"") : bytes[index] == UInt8(ascii: "\"")) && hasHashes(hashes, at: index + quotes)
    }

    /// Blanks `(…)` of an interpolation, strings within it included.
    private mutating func blankInterpolation() {
        var depth = 0
        repeat {
            switch bytes[index] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\""):
                blankString(hashes: 0)
                continue
            default: break
            }
            blank(1)
        } while depth > 0 && index < bytes.count
    }
}
