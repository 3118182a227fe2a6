/// Parameters in the safetensors format: reading what others wrote, and one canonical way of writing.
package enum Safetensors {
    /// Values start at a multiple of it in the files written here: a cache line.
    package static let alignment = 64

    /// Reads all floating-point tensors of a file as float32.
    ///
    /// F32 is taken bit for bit, F16 and BF16 convert exactly, F64 is rounded to the nearest float32. Integer and
    /// boolean tensors (PyTorch keeps counters beside the parameters) are left out.
    ///
    /// - Parameters:
    ///   - file: the whole file's bytes.
    ///   - layout: what the file must hold, in any order, or nil to take the file's tensors in the file's order.
    /// - Throws: `TensorError`: those of `SafetensorsHeader`; `layoutMismatch` for a tensor that is missing, unexpected
    ///   or of another shape; `unsupportedType` for an expected tensor of integers; `notFinite` for a float64 beyond
    ///   float32's range. NaN and infinities of the file itself are passed on; whoever adds them up must check.
    package static func parameters(
        from file: UnsafeRawBufferPointer,
        expecting layout: ParameterLayout? = nil
    ) throws(TensorError) -> ParameterSet {
        let header = try SafetensorsHeader(file)
        let convertible = header.tensors.filter { $0.type.isConvertible }
        let layout = if let layout { layout } else { try ParameterLayout(convertible.map { ($0.name, $0.shape) }) }
        let sources = try matched(header, convertible, to: layout)
        var parameters = ParameterSet(zeros: layout)
        try parameters.values.withUnsafeMutableValues { (values) throws(TensorError) in
            for (tensor, source) in zip(layout.tensors, sources) {
                try convert(
                    UnsafeRawBufferPointer(rebasing: file[source.range]),
                    of: source,
                    to: UnsafeMutableBufferPointer(rebasing: values[tensor.range])
                )
            }
        }
        return parameters
    }

    /// Reads all floating-point tensors of a file as float32; see `parameters(from:expecting:)`.
    package static func read(
        path: String,
        expecting layout: ParameterLayout? = nil
    ) throws(TensorError) -> ParameterSet {
        let file = try MappedFile(path: path)
        return try file.withUnsafeBytes { (bytes) throws(TensorError) in
            try parameters(from: bytes, expecting: layout)
        }
    }

    /// The file's tensors in the layout's order.
    private static func matched(
        _ header: SafetensorsHeader,
        _ convertible: [SafetensorsHeader.Tensor],
        to layout: ParameterLayout
    ) throws(TensorError) -> [SafetensorsHeader.Tensor] {
        var byName: [String: SafetensorsHeader.Tensor] = [:]
        for tensor in header.tensors { byName[tensor.name] = tensor }
        var sources: [SafetensorsHeader.Tensor] = []
        for tensor in layout.tensors {
            guard let source = byName[tensor.name] else {
                throw TensorError(.layoutMismatch, "the file has no tensor \"\(tensor.name)\"")
            }
            guard source.type.isConvertible else {
                throw TensorError(
                    .unsupportedType,
                    "tensor \"\(tensor.name)\" is stored as \(source.type.rawValue); store it as F32"
                )
            }
            guard source.shape == tensor.shape else {
                throw TensorError(
                    .layoutMismatch,
                    "tensor \"\(tensor.name)\" has shape \(source.shape); the model's is \(tensor.shape)"
                )
            }
            sources.append(source)
        }
        guard convertible.count == layout.tensors.count else {
            let known = Set(layout.tensors.map(\.name))
            let names = convertible.map(\.name).filter { !known.contains($0) }
            throw TensorError(
                .layoutMismatch,
                "the model has no tensor \"\(names.first ?? "")\" (\(names.count) such in the file)"
            )
        }
        return sources
    }

    /// Converts one tensor's bytes. `source` and `values` have the same count.
    private static func convert(
        _ bytes: UnsafeRawBufferPointer,
        of source: SafetensorsHeader.Tensor,
        to values: UnsafeMutableBufferPointer<Float>
    ) throws(TensorError) {
        switch source.type {
        case .float32:
            for index in values.indices {
                values[index] = Float(bitPattern: littleEndian(bytes, index))
            }
        case .bfloat16:
            for index in values.indices {
                values[index] = Float(bitPattern: UInt32(littleEndian(bytes, index) as UInt16) << 16)
            }
        case .float16:
            for index in values.indices {
                values[index] = Float(Float16(bitPattern: littleEndian(bytes, index)))
            }
        case .float64:
            for index in values.indices {
                let value = Double(bitPattern: littleEndian(bytes, index))
                values[index] = Float(value)
                guard values[index].isFinite || !value.isFinite else {
                    throw TensorError(
                        .notFinite,
                        "value \(index) of tensor \"\(source.name)\", \(value), is beyond float32's range",
                        offset: source.range.lowerBound + 8 * index
                    )
                }
            }
        default:
            preconditionFailure("only floating-point tensors are converted")
        }
    }

    private static func littleEndian<Word: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer,
        _ index: Int
    ) -> Word {
        Word(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self))
    }
}
