/// Reads the Python literal that is the text of a `.npy` header: a dictionary with the keys `descr`, `fortran_order`
/// and `shape`, each once, in any order, then spaces and a line feed.
struct NPYHeaderParser {
    /// The dictionary's values.
    struct Fields {
        let descriptor: String
        let isFortranOrder: Bool
        let shape: [Int]
    }

    private let bytes: [UInt8]
    private let offset: Int
    private var position = 0

    /// - Parameters:
    ///   - bytes: the header's text.
    ///   - offset: where it starts in the file, for messages.
    init(_ bytes: [UInt8], offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// - Throws: `TensorError` with code `invalidHeader`, or `unsupportedType` for a record type.
    mutating func parse() throws(TensorError) -> Fields {
        var descriptor: String?
        var isFortranOrder: Bool?
        var shape: [Int]?
        try expect("{")
        while !take("}") {
            let key = try parseString()
            try expect(":")
            switch key {
            case "descr" where descriptor == nil: descriptor = try parseDescriptor()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try parseBool()
            case "shape" where shape == nil: shape = try parseShape()
            default: throw invalid("an unknown or repeated key \"\(key)\"")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        while position < bytes.count, bytes[position].isBlank { position += 1 }
        guard position == bytes.count else { throw invalid("text after the header's dictionary") }
        guard let descriptor, let isFortranOrder, let shape else {
            throw invalid("the header needs descr, fortran_order and shape")
        }
        return Fields(descriptor: descriptor, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func parseDescriptor() throws(TensorError) -> String {
        if take("[") {
            throw TensorError(.unsupportedType, "arrays of records are not read", offset: offset + position)
        }
        return try parseString()
    }

    private mutating func parseBool() throws(TensorError) -> Bool {
        skipBlanks()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw invalid("True or False belongs here")
    }

    /// A tuple of integers; one of length 1 needs its comma.
    private mutating func parseShape() throws(TensorError) -> [Int] {
        try expect("(")
        if take(")") { return [] }
        var shape: [Int] = []
        while true {
            guard shape.count < TensorLimits.rank else {
                throw invalid("more than \(TensorLimits.rank) dimensions")
            }
            shape.append(try parseInteger())
            let hasComma = take(",")
            if take(")") {
                guard hasComma || shape.count > 1 else { throw invalid("a shape of one extent needs a comma") }
                return shape
            }
            guard hasComma else { throw invalid("a comma or ) belongs here") }
        }
    }

    private mutating func parseInteger() throws(TensorError) -> Int {
        skipBlanks()
        let start = position
        var value = 0
        while position < bytes.count, let digit = bytes[position].decimalDigit {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit))
            guard !overflow, !carry else { throw invalid("an extent that overflows 63 bits") }
            value = sum
            position += 1
        }
        guard position > start, bytes[start] != UInt8(ascii: "0") || position == start + 1 else {
            throw invalid("an extent belongs here")
        }
        return value
    }

    /// A string in single or double quotes, without escapes.
    private mutating func parseString() throws(TensorError) -> String {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
        else { throw invalid("a string belongs here") }
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else { throw invalid("a string without an end") }
        let text = bytes[start..<end]
        guard text.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw invalid("a string with escapes or beyond ASCII")
        }
        position = end + 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while position < bytes.count, bytes[position].isBlank { position += 1 }
    }

    private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(TensorError) {
        guard take(symbol) else { throw invalid("the header needs \(symbol) here") }
    }

    private func invalid(_ message: String) -> TensorError {
        TensorError(.invalidHeader, message, offset: offset + position)
    }
}

extension UInt8 {
    /// Whether it is ASCII space, tab, line feed or carriage return.
    fileprivate var isBlank: Bool {
        self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D
    }
}
