import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Writing safetensors")
struct SafetensorsWritingTests {
    @Test("The header is canonical: metadata by key, layout order, compact, values at a multiple of 64")
    func headerBytes() throws {
        let layout = try ParameterLayout([("z.weight", [2, 3]), ("a", []), ("quote\"\u{1}é", [0])])
        let header = Safetensors.header(for: layout, metadata: ["format": "pt", "b\n": "1"])
        let json = """
            {"__metadata__":{"b\\n":"1","format":"pt"},\
            "z.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
            "a":{"dtype":"F32","shape":[],"data_offsets":[24,28]},\
            "quote\\"\\u0001é":{"dtype":"F32","shape":[0],"data_offsets":[28,28]}}
            """
        #expect(header.count % 64 == 0)
        let text = String(decoding: header[8...], as: UTF8.self)
        #expect(text.trimmingCharacters(in: .whitespaces) == json)
        #expect(header.count - 8 - json.utf8.count < 64)
        let length = header[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length == header.count - 8)
        let parsed = try SafetensorsReadingTests.header(header + [UInt8](repeating: 0, count: 28))
        #expect(parsed.metadata == ["format": "pt", "b\n": "1"])
        #expect(parsed.tensors.map(\.name) == layout.tensors.map(\.name))
        #expect(parsed.dataOffset == header.count)
    }

    @Test("What is written is read back bit for bit, and the file is header and values")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        let layout = try ParameterLayout([("w", [2, 2]), ("b", [2])])
        let values: [Float] = [1, -0.0, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1.5]
        try Safetensors.write(ParameterSet(layout: layout, values: ParameterBuffer(values)), to: path)
        let parameters = try Safetensors.read(path: path, expecting: layout)
        #expect(parameters.layout == layout)
        let read = parameters.values.withUnsafeValues { $0.map(\.bitPattern) }
        #expect(read == values.map(\.bitPattern))
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(
            bytes == Safetensors.header(for: layout)
                + values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        )
        #expect(folder.names == ["model.safetensors"])
    }

    @Test("Writing where there is no folder gives the system's reason")
    func reportsFailure() throws {
        let parameters = ParameterSet(zeros: try ParameterLayout([("a", [1])]))
        do {
            try Safetensors.write(parameters, to: "/missing-folder/model.safetensors")
            Issue.record("the folder does not exist")
        } catch {
            #expect(error.code == .fileUnreadable)
            #expect(error.message.contains("No such file or directory"))
        }
    }
}
