import Foundation
import Tensors
import TestSupport
import Testing

@Suite("NumPy arrays")
struct NPYArrayTests {
    /// A file of version 1 with the given dictionary.
    static func file(_ dictionary: String, _ values: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let text = Array((dictionary + "\n").utf8)
        let length = UInt32(text.count)
        let count = version == 1 ? 2 : 4
        return [0x93] + Array("NUMPY".utf8) + [version, 0]
            + (0..<count).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + text + values
    }

    static func file(type: String, shape: String, fortran: Bool = false, _ values: [UInt8]) -> [UInt8] {
        file("{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }", values)
    }

    static func floats(_ array: NPYArray) throws(TensorError) -> [Float] {
        try array.floats().withUnsafeValues { Array($0) }
    }

    private static func golden(_ name: String) throws -> NPYArray {
        try NPYArray(path: SharedData.url("formats/npy/\(name).npy").path)
    }

    @Test("Integers of both readers' test files", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func goldenIntegers() throws {
        let range = try Self.golden("candle_arange10_i64")
        #expect(range.header.type == .int64)
        #expect(try range.integers() == Array(0..<10))
        let array = try Self.golden("ndarray-npy_array")
        #expect(array.header.shape == [2, 3])
        #expect(try array.integers().map { Float($0) } == Self.floats(array))
        #expect(try Self.golden("mnist_first600_labels_i8").integers().prefix(5) == [5, 0, 4, 1, 9])
    }

    @Test(
        "The same float64 array in both byte orders and both index orders reads the same",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func goldenOrders() throws {
        for order in ["standard", "fortran"] {
            for endian in ["big", "little"] {
                let array = try Self.golden("ndarray-npy_example_f64_\(endian)_endian_\(order)")
                #expect(array.header.shape == [2, 3, 4])
                #expect(array.header.isFortranOrder == (order == "fortran"))
                #expect(try Self.floats(array) == (0..<24).map { Float($0) }, "\(endian) \(order)")
            }
        }
    }

    @Test(
        "Booleans read as 0 and 1; another byte and complex numbers are refused",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func goldenOthers() throws {
        let array = try Self.golden("ndarray-npy_example_bool_standard")
        #expect(try array.integers().allSatisfy { $0 == 0 || $0 == 1 })
        let bad = try Self.golden("ndarray-npy_example_bool_bad_value")
        #expect(throws: TensorError(.corruptData, "")) { _ = try bad.floats() }
        #expect(throws: TensorError(.corruptData, "")) { try bad.integers() }
        #expect(throws: TensorError(.unsupportedType, "")) {
            try Self.golden("ndarray-npy_example_c64_big_endian_standard")
        }
    }

    @Test("Every type is converted in both byte orders")
    func convertsTypes() throws {
        let cases: [(String, [UInt8], [Float])] = [
            ("|u1", [0, 255], [0, 255]), ("|i1", [0x80, 1], [-128, 1]), ("<u2", [1, 2, 0, 1], [513, 256]),
            (">i2", [0xFF, 0xFE, 0, 1], [-2, 1]), (">u4", [0, 0, 1, 0, 0, 0, 0, 2], [256, 2]),
            ("<i4", [0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0], [-1, 2]), ("<f2", [0, 0x3C, 0, 0xC0], [1, -2]),
            (">f4", [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0], [1, -2]),
            ("<u8", [5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0], [5, 6]),
        ]
        for (type, bytes, expected) in cases {
            let array = try NPYArray(bytes: Self.file(type: type, shape: "(2,)", bytes))
            #expect(try Self.floats(array) == expected, "\(type)")
        }
    }

    @Test("Versions 2 and 3, scalars, empty arrays and other layouts of the dictionary are read")
    func readsVariants() throws {
        let dictionary = #"{"shape":(),"descr":"<i2","fortran_order":True}"#
        for version: UInt8 in [1, 2, 3] {
            let array = try NPYArray(bytes: Self.file(dictionary, [7, 0], version: version))
            #expect(try array.integers() == [7])
        }
        let empty = try NPYArray(bytes: Self.file(type: "<f4", shape: "(0, 1000)", fortran: true, []))
        #expect(empty.header.count == 0)
        #expect(try Self.floats(empty).isEmpty)
    }

    @Test(
        "Malformed headers are refused",
        arguments: [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }", "{'descr': '<f4', 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9223372036854775807)}", "",
        ]
    )
    func refusesMalformed(dictionary: String) {
        #expect(throws: TensorError(.invalidHeader, "")) {
            try NPYArray(bytes: Self.file(dictionary, [0, 0, 0, 0]))
        }
    }

    @Test("Files that end early or go on, floats where integers are needed, and numbers too large are refused")
    func refusesWrongContents() throws {
        for count in [3, 5] {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(throws: TensorError(.truncated, "")) {
                try NPYArray(bytes: Self.file(type: "<f4", shape: "(1,)", bytes))
            }
        }
        let float = try NPYArray(bytes: Self.file(type: "<f4", shape: "(1,)", [0, 0, 0, 0]))
        #expect(throws: TensorError(.unsupportedType, "")) { try float.integers() }
        let large = try NPYArray(bytes: Self.file(type: "<u8", shape: "(1,)", [UInt8](repeating: 0xFF, count: 8)))
        #expect(throws: TensorError(.unsupportedType, "")) { try large.integers() }
        let huge = withUnsafeBytes(of: (1e300).bitPattern.bigEndian) { Array($0) }
        let double = try NPYArray(bytes: Self.file(type: ">f8", shape: "(1,)", huge))
        #expect(throws: TensorError(.notFinite, "")) { _ = try double.floats() }
        #expect(throws: TensorError(.unsupportedType, "")) {
            try NPYArray(bytes: Self.file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", []))
        }
    }

    @Test("Mutated files are read or refused with a typed error")
    func survivesMutations() {
        let seeds = [
            Self.file(type: "<f8", shape: "(2, 3)", fortran: true, [UInt8](repeating: 0x3F, count: 48)),
            Self.file(type: "|b1", shape: "(4,)", [0, 1, 1, 0]),
            Self.file("{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", [0, 0, 0, 1, 0, 0, 0, 2], version: 2),
        ]
        var mutator = Mutator(seed: 2)
        var accepted = 0
        for _ in 0..<Mutator.inputCount {
            let input = mutator.mutate(seeds)
            do throws(TensorError) {
                let array = try NPYArray(bytes: input)
                let count = try array.floats().count
                #expect(count == array.header.count)
                _ = try array.integers()
                accepted += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(accepted < Mutator.inputCount)
    }
}
