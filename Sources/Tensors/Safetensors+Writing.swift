extension Safetensors {
    /// The canonical header of a float32 file: 8 bytes of length, compact JSON in layout order after the metadata in
    /// key order, and spaces until the values start at a multiple of 64 bytes.
    ///
    /// The same layout and metadata give the same bytes everywhere, so a file is this followed by the little-endian
    /// values.
    package static func header(for layout: ParameterLayout, metadata: [String: String] = [:]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let notes = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            members.append(
                "\"__metadata__\":{\(notes.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ","))}"
            )
        }
        for tensor in layout.tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(4 * tensor.range.lowerBound),\(4 * tensor.range.upperBound)]}"
            )
        }
        var bytes = [UInt8](repeating: 0, count: 8)
        bytes.append(contentsOf: Array("{\(members.joined(separator: ","))}".utf8))
        let padding = (alignment - bytes.count % alignment) % alignment
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        let length = UInt64(bytes.count - 8)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
        return bytes
    }

    /// Writes a file as a whole: it appears under its name when it is complete and on disk, or not at all.
    ///
    /// - Throws: `TensorError`: `fileUnreadable` with the system's reason (disk full, folder read-only, …),
    ///   `invalidHeader` where names and metadata pass the header's limit.
    package static func write(
        _ parameters: borrowing ParameterSet,
        metadata: [String: String] = [:],
        to path: String
    ) throws(TensorError) {
        let header = header(for: parameters.layout, metadata: metadata)
        guard header.count - 8 <= TensorLimits.safetensorsHeaderByteCount else {
            throw TensorError(
                .invalidHeader,
                "a header of \(header.count - 8) bytes; the limit is \(TensorLimits.safetensorsHeaderByteCount)"
            )
        }
        var file = try FileReplacement(path: path)
        try file.append(header.span.bytes)
        try file.append(parameters.values.span.bytes)
        try file.commit()
    }

    /// A JSON string literal: the short escapes of RFC 8259, `\u00xx` for other control characters, the rest as it is.
    private static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\u{8}": literal += "\\b"
            case "\u{C}": literal += "\\f"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}

#if _endian(big)
    #error("float32 values are written as they lie in memory, which must be little-endian")
#endif
