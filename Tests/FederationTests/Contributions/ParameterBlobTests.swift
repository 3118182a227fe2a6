import Attestation
import Federation
import Foundation
import Tensors
import Testing

@Suite("Parameter files")
struct ParameterBlobTests {
    private let layout: ParameterLayout? = try? ParameterLayout([("layers.0.kernel", [3, 5]), ("layers.0.bias", [5])])

    private func parameters(_ layout: ParameterLayout, seed: UInt64 = 1) -> ParameterSet {
        var generator = SeededGenerator(seed: seed, stream: "blob")
        let values = (0..<layout.count).map { _ in Float(generator.nextNormal()) }
        return ParameterSet(layout: layout, values: ParameterBuffer(values))
    }

    private func file(_ blob: ParameterBlob, _ parameters: borrowing ParameterSet) -> [UInt8] {
        blob.header + parameters.values.withUnsafeValues { Array(UnsafeRawBufferPointer($0)) }
    }

    @discardableResult
    private func read(_ bytes: ArraySlice<UInt8>, _ blob: ParameterBlob) throws -> SharedParameterSet {
        try bytes.withUnsafeBytes { SharedParameterSet(try blob.parameters(from: $0)) }
    }

    @Test("The digest is that of the file which Safetensors writes, for any number of threads", arguments: [1, 2, 3])
    func digest(threads: Int) throws {
        let wide = try ParameterLayout([("w", [300_000]), ("b", [7])])
        for layout in [try #require(layout), wide] {
            let blob = ParameterBlob(layout: layout)
            let set = parameters(layout)
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
            defer { try? FileManager.default.removeItem(at: url) }
            try Safetensors.write(set, to: url.path)
            let bytes = [UInt8](try Data(contentsOf: url))
            #expect(bytes.count == blob.byteCount)
            #expect(blob.digest(of: set, threads: threads) == BlobDigest.digest(of: bytes))
            let found = try read(bytes[...], blob)
            #expect(found.parameters.floats == set.floats)
        }
    }

    @Test("A file is read back bit for bit, special values included, from any alignment")
    func readBack() throws {
        let layout = try #require(layout)
        let blob = ParameterBlob(layout: layout)
        var set = parameters(layout)
        var values = set.values.mutableSpan
        values[0] = .nan
        values[1] = -.infinity
        values[2] = -0.0
        let bytes = file(blob, set)
        for shift in 0..<5 {
            let shifted = [UInt8](repeating: 0, count: shift) + bytes
            let found = try read(shifted[shift...], blob)
            #expect(found.parameters.floats.map(\.bitPattern) == set.floats.map(\.bitPattern))
        }
    }

    @Test("Any changed bit of the header is refused, though another reader might take the file")
    func header() throws {
        let layout = try #require(layout)
        let blob = ParameterBlob(layout: layout)
        var bytes = file(blob, parameters(layout))
        for place in 0..<blob.header.count {
            for bit in 0..<8 as Range<UInt8> {
                bytes[place] ^= 1 << bit
                #expect(throws: FederationError(.unusableUpdate, "")) {
                    try read(bytes[...], blob)
                }
                bytes[place] ^= 1 << bit
            }
        }
        try read(bytes[...], blob)
    }

    @Test("A file of any other length is refused")
    func length() throws {
        let layout = try #require(layout)
        let blob = ParameterBlob(layout: layout)
        let bytes = file(blob, parameters(layout))
        for count in 0..<bytes.count {
            #expect(throws: FederationError(.unusableUpdate, "")) {
                try read(bytes[..<count], blob)
            }
        }
        #expect(throws: FederationError(.unusableUpdate, "")) {
            try read(bytes[...] + [0], blob)
        }
    }

    @Test("Other values have another digest")
    func values() throws {
        let layout = try #require(layout)
        let blob = ParameterBlob(layout: layout)
        let digests = (0..<50 as Range<UInt64>).map { blob.digest(of: parameters(layout, seed: $0), threads: 1) }
        #expect(Set(digests).count == 50)
    }
}
