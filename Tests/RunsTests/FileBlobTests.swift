import Federation
import Foundation
import Runs
import TestSupport
import Testing

@Suite("A file that is read in pieces")
struct FileBlobTests {
    @Test("Any piece of it is what the file has there")
    func pieces() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
        let path = folder.path + "/blob"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try FileBlob(path: path)
        #expect(file.byteCount == 10_000)
        #expect(file.path == path)
        for range in [0..<0, 0..<1, 0..<10_000, 4_095..<4_097, 9_999..<10_000, 10_000..<10_000] {
            #expect(try file.bytes(in: range) == Array(bytes[range]))
            #expect(try MemoryBlob(bytes).bytes(in: range) == Array(bytes[range]))
        }
    }

    @Test("What lies outside it, or was cut off since it was opened, is an error")
    func outside() throws {
        let folder = try TemporaryFolder()
        let url = URL(fileURLWithPath: folder.path + "/blob")
        try Data(repeating: 1, count: 100).write(to: url)
        let file = try FileBlob(path: url.path)
        for range in [0..<101, 100..<101, 101..<101] {
            #expect(throws: FederationError(.unusableUpdate, "")) { try file.bytes(in: range) }
            #expect(throws: FederationError(.unusableUpdate, "")) {
                try MemoryBlob([UInt8](repeating: 1, count: 100)).bytes(in: range)
            }
        }
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(atOffset: 50)
        try handle.close()
        #expect(try file.bytes(in: 0..<50).count == 50)
        #expect(throws: FederationError(.unusableUpdate, "")) { try file.bytes(in: 0..<51) }
    }

    @Test("What is not there, or no regular file, is refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        #expect(throws: RunError(.missing, "")) {
            try FileBlob(path: folder.path + "/nothing")
        }
        #expect(throws: RunError(.fileSystem, "")) { try FileBlob(path: folder.path) }
        #expect(throws: RunError(.fileSystem, "")) { try FileBlob(path: "/dev/null") }
    }
}
