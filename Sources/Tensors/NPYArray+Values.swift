extension NPYArray {
    /// The values as float32 in C order. Complexity: O(count).
    ///
    /// Float16, float32, booleans (0 or 1) and integers of up to 24 bits convert exactly; wider integers and float64
    /// are rounded to the nearest float32.
    ///
    /// - Throws: `TensorError`: `notFinite` for a float64 beyond float32's range, `corruptData` for a boolean that is
    ///   neither 0 nor 1.
    package func floats() throws(TensorError) -> ParameterBuffer {
        var result = ParameterBuffer(zeros: header.count)
        try result.withUnsafeMutableValues { (target) throws(TensorError) in
            switch header.type {
            case .bool: try convert(UInt8.self, to: target) { (byte) throws(TensorError) in Float(try Self.bit(byte)) }
            case .uint8: try convert(UInt8.self, to: target) { Float($0) }
            case .int8: try convert(Int8.self, to: target) { Float($0) }
            case .uint16: try convert(UInt16.self, to: target) { Float($0) }
            case .int16: try convert(Int16.self, to: target) { Float($0) }
            case .uint32: try convert(UInt32.self, to: target) { Float($0) }
            case .int32: try convert(Int32.self, to: target) { Float($0) }
            case .uint64: try convert(UInt64.self, to: target) { Float($0) }
            case .int64: try convert(Int64.self, to: target) { Float($0) }
            case .float16: try convert(UInt16.self, to: target) { Float(Float16(bitPattern: $0)) }
            case .float32: try convert(UInt32.self, to: target) { Float(bitPattern: $0) }
            case .float64:
                try convert(UInt64.self, to: target) { (bits) throws(TensorError) in
                    let value = Double(bitPattern: bits)
                    let rounded = Float(value)
                    guard rounded.isFinite || !value.isFinite else {
                        throw TensorError(.notFinite, "the value \(value) is beyond float32's range")
                    }
                    return rounded
                }
            }
        }
        return result
    }

    /// The values as integers in C order: labels, keys. Complexity: O(count).
    ///
    /// - Throws: `TensorError`: `unsupportedType` for floating-point arrays and unsigned values over 63 bits,
    ///   `corruptData` for a boolean that is neither 0 nor 1.
    package func integers() throws(TensorError) -> [Int] {
        var result = [Int](repeating: 0, count: header.count)
        var span = result.mutableSpan
        try span.withUnsafeMutableBufferPointer { (target) throws(TensorError) in
            switch header.type {
            case .bool: try convert(UInt8.self, to: target) { (byte) throws(TensorError) in Int(try Self.bit(byte)) }
            case .uint8: try convert(UInt8.self, to: target) { Int($0) }
            case .int8: try convert(Int8.self, to: target) { Int($0) }
            case .uint16: try convert(UInt16.self, to: target) { Int($0) }
            case .int16: try convert(Int16.self, to: target) { Int($0) }
            case .uint32: try convert(UInt32.self, to: target) { Int($0) }
            case .int32: try convert(Int32.self, to: target) { Int($0) }
            case .int64: try convert(Int64.self, to: target) { Int($0) }
            case .uint64:
                try convert(UInt64.self, to: target) { (value) throws(TensorError) in
                    guard let integer = Int(exactly: value) else {
                        throw TensorError(.unsupportedType, "the value \(value) has more than 63 bits")
                    }
                    return integer
                }
            case .float16, .float32, .float64:
                throw TensorError(
                    .unsupportedType,
                    "floating-point values (\(header.type.rawValue)) where integers are needed"
                )
            }
        }
        return result
    }

    private static func bit(_ byte: UInt8) throws(TensorError) -> UInt8 {
        guard byte <= 1 else { throw TensorError(.corruptData, "the boolean value \(byte) is neither 0 nor 1") }
        return byte
    }

    /// Converts every value into its place in C order.
    @inline(__always)
    private func convert<Word: FixedWidthInteger & BitwiseCopyable, Value>(
        _ word: Word.Type,
        to target: UnsafeMutableBufferPointer<Value>,
        _ conversion: (Word) throws(TensorError) -> Value
    ) throws(TensorError) {
        let isBigEndian = header.isBigEndian
        try withUnsafeValues { (bytes) throws(TensorError) in
            func value(at index: Int) throws(TensorError) -> Value {
                let raw = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self)
                return try conversion(isBigEndian ? Word(bigEndian: raw) : Word(littleEndian: raw))
            }
            guard header.isFortranOrder, header.shape.count > 1 else {
                for index in 0..<header.count { target[index] = try value(at: index) }
                return
            }
            var place = FortranPlace(header.shape)
            for index in 0..<header.count {
                target[index] = try value(at: place.index)
                place.advance()
            }
        }
    }
}

/// Where the elements of an array in Fortran order lie, visited in C order.
private struct FortranPlace {
    private let shape: [Int]
    private let strides: [Int]
    private var indices: [Int]
    private(set) var index = 0

    init(_ shape: [Int]) {
        self.shape = shape
        var strides: [Int] = []
        var stride = 1
        for extent in shape {
            strides.append(stride)
            stride *= extent
        }
        self.strides = strides
        indices = [Int](repeating: 0, count: shape.count)
    }

    mutating func advance() {
        for axis in shape.indices.reversed() {
            indices[axis] += 1
            index += strides[axis]
            if indices[axis] < shape[axis] { return }
            index -= indices[axis] * strides[axis]
            indices[axis] = 0
        }
    }
}
