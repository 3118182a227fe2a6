import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Reading safetensors")
struct SafetensorsReadingTests {
    /// A file with the given header text and so many bytes of values.
    static func file(_ json: String, values: Int = 0) -> [UInt8] {
        let length = UInt64(json.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(json.utf8)
            + [UInt8](repeating: 0, count: values)
    }

    static func header(_ bytes: [UInt8]) throws(TensorError) -> SafetensorsHeader {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(TensorError) in try SafetensorsHeader(raw) }
    }

    static func parameters(_ bytes: [UInt8], _ layout: ParameterLayout? = nil) throws(TensorError) -> ParameterSet {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(TensorError) in
            try Safetensors.parameters(from: raw, expecting: layout)
        }
    }

    private struct Cases: Decodable {
        struct Case: Decodable {
            let name: String
            let hex: String
            let expect: String
            let names: [String]?
        }
        let cases: [Case]
    }

    /// The reference implementation's reasons in our words.
    private static let reasons: [String: (code: TensorError.Code, words: String)] = [
        "MetadataIncompleteBuffer": (.truncated, "bytes"),
        "HeaderTooLarge": (.invalidHeader, "limit"),
        "HeaderTooSmall": (.truncated, "8 bytes of header length"),
        "InvalidHeaderLength": (.truncated, "header should have"),
        "InvalidHeader": (.invalidHeader, "UTF-8"),
        "InvalidHeaderDeserialization": (.invalidHeader, "JSON"),
        "TensorInvalidInfo": (.invalidHeader, "offsets span"),
        "ValidationOverflow": (.invalidHeader, "overflows"),
    ]

    @Test(
        "All header cases of the reference implementation are accepted or refused with its reason",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func headerCases() throws {
        let json = try Data(contentsOf: SharedData.url("formats/safetensors/header-cases.json"))
        let cases = try JSONDecoder().decode(Cases.self, from: json).cases
        #expect(cases.count == 14)
        for test in cases {
            let digits = Array(test.hex)
            let bytes = try stride(from: 0, to: digits.count, by: 2).map {
                try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
            }
            do {
                let header = try Self.header(bytes)
                #expect(test.expect == "ok", "\(test.name)")
                #expect(header.tensors.map(\.name) == test.names)
            } catch {
                let reason = try #require(Self.reasons[test.expect], "\(test.name): \(error)")
                #expect(error.code == reason.code, "\(test.name)")
                #expect(error.message.contains(reason.words), "\(test.name): \(error)")
            }
        }
    }

    @Test(
        "A PyTorch-trained network's 20 tensors are listed, and its floating-point ones read",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func readsPyTorchFile() throws {
        let path = try SharedData.url("formats/safetensors/burn_mnist_cnn_f32.safetensors").path
        let file = try SafetensorsFile(path: path)
        #expect(file.header.tensors.count == 20)
        #expect(file.header.tensor(named: "conv1.weight")?.shape == [8, 1, 3, 3])
        #expect(file.header.tensor(named: "norm1.num_batches_tracked")?.type == .int64)
        let parameters = try file.parameters()
        #expect(parameters.layout.tensors.count == 18)
        let tensor = try #require(file.header.tensor(named: "fc1.bias"))
        let expected = file.withUnsafeBytes(of: tensor) { bytes in
            (0..<tensor.count).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        let range = try #require(parameters.layout.tensor(named: "fc1.bias")).range
        let values = parameters.values.withUnsafeValues { Array($0[range]) }
        #expect(values == expected)
        #expect(values.allSatisfy { $0.isFinite } && values.contains { $0 != 0 })
    }

    @Test(
        "The other golden files list what their authors wrote",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
        arguments: [
            ("burn_multi_layer_f32", 9, "F32"), ("candle_jfk-codes_i64", 1, "I64"), ("hf_golden_bf16", 1, "BF16"),
            ("hf_golden_i32_last1_padded", 1, "I32"), ("hf_golden_i32_zeros_padded", 1, "I32"),
            ("hf_golden_i32_zeros_unpadded", 1, "I32"), ("hf_golden_metadata", 1, "I32"),
        ]
    )
    func readsGoldenFiles(name: String, count: Int, type: String) throws {
        let path = try SharedData.url("formats/safetensors/\(name).safetensors").path
        let header = try SafetensorsFile(path: path).header
        #expect(header.tensors.count == count)
        #expect(header.tensors.last?.type.rawValue == type)
        #expect(header.metadata == (name == "hf_golden_metadata" ? ["framework": "pt"] : [:]))
    }

    @Test("F16, BF16 and F64 are read as float32")
    func convertsTypes() throws {
        let json = """
            {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},\
            "b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},\
            "d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},\
            "n":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}
            """
        let values: [UInt8] =
            [0x00, 0x3E, 0x01, 0x00] + [0xC0, 0x3F, 0x20, 0xC0] + [0, 0, 0, 0, 0, 0, 0xF8, 0xBF]
            + [UInt8](repeating: 7, count: 8)
        let parameters = try Self.parameters(Self.file(json) + values)
        #expect(parameters.layout.tensors.map(\.name) == ["h", "b", "d"])
        let read = parameters.values.withUnsafeValues { Array($0) }
        #expect(read == [1.5, 0x1p-24, 1.5, -2.5, -1.5])
    }

    @Test("A float64 beyond float32's range is refused")
    func refusesOverflow() {
        let bytes = withUnsafeBytes(of: (1e300).bitPattern.littleEndian) { Array($0) }
        let file = Self.file(#"{"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}"#) + bytes
        #expect(throws: TensorError(.notFinite, "")) { _ = try Self.parameters(file) }
    }

    @Test("A file is read in the order of the layout that is expected, and must hold exactly its tensors")
    func matchesLayout() throws {
        let json = """
            {"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
            """
        let file = Self.file(json) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
        let values = try Self.parameters(file, ParameterLayout([("b", [1]), ("a", [1])])).values
            .withUnsafeValues { Array($0) }
        #expect(values == [2, 1])
        for other in [
            [("a", [1])], [("a", [1]), ("c", [1])], [("a", [1]), ("b", [1]), ("c", [1])], [("a", [1, 1]), ("b", [1])],
        ] {
            let layout = try ParameterLayout(other.map { (name: $0.0, shape: $0.1) })
            #expect(throws: TensorError(.layoutMismatch, "")) { _ = try Self.parameters(file, layout) }
        }
    }

    @Test(
        "Headers that two readers could understand differently are refused",
        arguments: [
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"more":1}}"#,
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}"#,
            #"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}"#,
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#,
            #"{"__metadata__":{"k":"1","k":"2"}}"#, #"{"__metadata__":{"k":1}}"#, #"{"a\ud800":{}}"#, "{}{}", "[]",
            #"{"a":"#, "{\"a\u{1}\":{}}", #"{"a":{"dtype":"U8","shape":[[]],"data_offsets":[0,1]}}"#,
        ]
    )
    func refusesAmbiguity(json: String) {
        #expect(throws: TensorError(.invalidHeader, "")) { try Self.header(Self.file(json, values: 1)) }
    }

    @Test("Depth does not matter: ten million open brackets are refused at the first")
    func refusesDepth() {
        let json = #"{"a":"# + String(repeating: "[", count: 10_000_000)
        #expect(throws: TensorError(.invalidHeader, "")) { try Self.header(Self.file(json)) }
    }

    @Test("Unknown element types and ones below a byte are named")
    func refusesUnknownTypes() {
        let json = #"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#
        #expect(throws: TensorError(.unsupportedType, "")) { try Self.header(Self.file(json, values: 1)) }
    }

    @Test("Mutated files are read or refused with a typed error")
    func survivesMutations() throws {
        let layout = try ParameterLayout([("weight", [2, 3]), ("bias", [3])])
        let good = Safetensors.header(for: layout, metadata: ["k": "v\n"]) + [UInt8](repeating: 1, count: 36)
        let mixed = Self.file(
            """
            {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},\
            "d":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}
            """,
            values: 12
        )
        var mutator = Mutator(seed: 1)
        var accepted = 0
        for _ in 0..<Mutator.inputCount {
            let input = mutator.mutate([good, mixed])
            do throws(TensorError) {
                let parameters = try Self.parameters(input)
                #expect(parameters.values.count * 2 <= input.count)
                accepted += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(accepted < Mutator.inputCount)
    }
}
