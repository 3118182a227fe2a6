import CKernels
import Tensors

/// The kernels of this machine, and inputs to try them with.
enum KernelTables {
    static let scalar = tk_kernels_for(TK_VARIANT_SCALAR)!.pointee

    /// Every variant but the oracle that this machine can run.
    static let vectorised: [tk_kernels] = [TK_VARIANT_AVX2, TK_VARIANT_AVX512].compactMap {
        tk_kernels_for($0)?.pointee
    }

    /// The oracle and the others.
    static let all = [scalar] + vectorised
}

/// A row-major matrix with room between its rows, filled with a value that a kernel must leave alone.
struct Matrix {
    static let gap: Float = 12_345.5
    let rows: Int
    let columns: Int
    let stride: Int
    var values: [Float]

    init(rows: Int, columns: Int, stride: Int? = nil) {
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
        values = Array(repeating: Self.gap, count: max(rows * self.stride, 1))
    }

    /// Random values in [-1, 1), one in eight of them a zero of either sign or of tiny magnitude.
    init(rows: Int, columns: Int, stride: Int? = nil, using generator: inout SeededGenerator) {
        self.init(rows: rows, columns: columns, stride: stride)
        for row in 0..<rows {
            for column in 0..<columns { values[row * self.stride + column] = Self.value(&generator) }
        }
    }

    static func value(_ generator: inout SeededGenerator) -> Float {
        let word = generator.next()
        let value = Float(Int32(truncatingIfNeeded: word >> 32)) * 0x1p-31
        switch word & 31 {
        case 0: return 0
        case 1: return -0.0
        case 2: return value * 0x1p-70
        case 3: return value * 0x1p-126
        default: return value
        }
    }

    var bits: [UInt32] { values.map(\.bitPattern) }
}

extension [Float] {
    var bits: [UInt32] { map(\.bitPattern) }
}
