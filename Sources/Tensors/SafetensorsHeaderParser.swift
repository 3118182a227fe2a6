/// Reads the JSON text of a safetensors header.
///
/// Own code rather than a general JSON decoder, because it must refuse repeated keys (two readers that pick different
/// ones see different models), and because the header has one fixed shape: nothing nests deeper than this parser's
/// functions call each other, so hostile depth ends at the first bracket in a wrong place.
struct SafetensorsHeaderParser {
    /// One tensor as the header states it; nothing is checked against the file yet.
    struct Entry {
        let name: String
        let type: SafetensorsHeader.ElementType
        let shape: [UInt64]
        let start: UInt64
        let end: UInt64
    }

    private let bytes: [UInt8]
    private var position = 0
    /// The `__metadata__` object, after `parse`.
    private(set) var metadata: [String: String] = [:]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The tensors in the order in which the header names them.
    ///
    /// - Throws: `TensorError` with code `invalidHeader` or `unsupportedType` and the byte offset in the file.
    mutating func parse() throws(TensorError) -> [Entry] {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw invalid("the header is not UTF-8") }
        var entries: [Entry] = []
        var names = Set<String>()
        try parseMembers { (parser, name) throws(TensorError) in
            guard names.insert(name).inserted else { throw parser.invalid("key \"\(name)\" appears twice") }
            if name == "__metadata__" {
                try parser.parseMetadata()
                return
            }
            guard entries.count < TensorLimits.tensorCount, name.utf8.count <= TensorLimits.nameByteCount else {
                throw parser.invalid(
                    "more than \(TensorLimits.tensorCount) tensors, or a name over \(TensorLimits.nameByteCount) bytes"
                )
            }
            entries.append(try parser.parseEntry(name))
        }
        skipWhitespace()
        guard position == bytes.count else { throw invalid("text after the header's object") }
        return entries
    }

    private mutating func parseMetadata() throws(TensorError) {
        var notes: [String: String] = [:]
        try parseMembers { (parser, key) throws(TensorError) in
            guard notes.updateValue(try parser.parseString(), forKey: key) == nil else {
                throw parser.invalid("metadata key \"\(key)\" appears twice")
            }
        }
        metadata = notes
    }

    private mutating func parseEntry(_ name: String) throws(TensorError) -> Entry {
        var type: SafetensorsHeader.ElementType?
        var shape: [UInt64]?
        var offsets: [UInt64]?
        try parseMembers { (parser, key) throws(TensorError) in
            switch key {
            case "dtype" where type == nil: type = try parser.parseType(of: name)
            case "shape" where shape == nil: shape = try parser.parseIntegers(limit: TensorLimits.rank)
            case "data_offsets" where offsets == nil: offsets = try parser.parseIntegers(limit: 2)
            default: throw parser.invalid("tensor \"\(name)\" has an unknown or repeated key \"\(key)\"")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw invalid("tensor \"\(name)\" needs dtype, shape and two data_offsets")
        }
        return Entry(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1])
    }

    private mutating func parseType(of name: String) throws(TensorError) -> SafetensorsHeader.ElementType {
        let text = try parseString()
        guard let type = SafetensorsHeader.ElementType(rawValue: text) else {
            throw TensorError(
                .unsupportedType,
                "tensor \"\(name)\" has element type \"\(text)\", which is not read here",
                offset: 8 + position
            )
        }
        return type
    }

    /// Reads an object and hands over each key; `body` reads the value.
    private mutating func parseMembers(
        _ body: (inout Self, String) throws(TensorError) -> Void
    ) throws(TensorError) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try parseString()
            try expect(":")
            try body(&self, key)
        } while take(",")
        try expect("}")
    }

    private mutating func parseIntegers(limit: Int) throws(TensorError) -> [UInt64] {
        try expect("[")
        if take("]") { return [] }
        var integers: [UInt64] = []
        repeat {
            guard integers.count < limit else { throw invalid("a list of more than \(limit) integers") }
            integers.append(try parseInteger())
        } while take(",")
        try expect("]")
        return integers
    }

    private mutating func parseInteger() throws(TensorError) -> UInt64 {
        skipWhitespace()
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, let digit = bytes[position].decimalDigit {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { throw invalid("an integer that overflows 64 bits") }
            value = sum
            position += 1
        }
        guard position > start, bytes[start] != UInt8(ascii: "0") || position == start + 1 else {
            throw invalid("an unsigned integer belongs here")
        }
        return value
    }

    private mutating func parseString() throws(TensorError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: Array(String(try parseEscape()).utf8))
            case 0..<0x20: throw invalid("a control character in a string")
            default: text.append(byte)
            }
        }
        throw invalid("a string without an end")
    }

    private mutating func parseEscape() throws(TensorError) -> Character {
        guard position < bytes.count else { throw invalid("a string without an end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try parseScalar())
        default: throw invalid("an unknown escape in a string")
        }
    }

    /// The four digits after `\u`, with the second half of a surrogate pair where there is one.
    private mutating func parseScalar() throws(TensorError) -> Unicode.Scalar {
        let unit = try parseHexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw invalid("half a surrogate pair in a string") }
        position += 2
        let low = try parseHexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        else { throw invalid("half a surrogate pair in a string") }
        return scalar
    }

    private mutating func parseHexadecimal() throws(TensorError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw invalid("four hexadecimal digits belong after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func skipWhitespace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
        skipWhitespace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(TensorError) {
        guard take(symbol) else { throw invalid("the header's JSON needs \(symbol) here") }
    }

    private func invalid(_ message: String) -> TensorError {
        TensorError(.invalidHeader, message, offset: 8 + position)
    }
}

extension UInt8 {
    /// The value of an ASCII decimal digit, or nil for another byte.
    var decimalDigit: UInt8? {
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }
}
