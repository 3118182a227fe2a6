import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Mapped and replaced files")
struct FileTests {
    @Test("A mapped file has the file's bytes; an empty one has none")
    func mapsFiles() throws {
        let folder = try TemporaryFolder()
        let file = try MappedFile(path: folder.write([1, 2, 3], to: "a"))
        #expect(file.withUnsafeBytes { Array($0) } == [1, 2, 3])
        #expect(file.span.byteCount == 3)
        let empty = try MappedFile(path: folder.write([], to: "b"))
        #expect(empty.count == 0)
        #expect(empty.span.byteCount == 0)
    }

    @Test("Folders, devices, pipes and missing files are refused without waiting")
    func refusesWhatIsNoFile() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [folder.path, "/dev/zero", pipe, folder.path + "/missing", ""] {
            #expect(throws: TensorError(.fileUnreadable, "")) { try MappedFile(path: path) }
        }
    }

    @Test("A replaced file appears on commit, and nothing remains of one that was dropped")
    func replacesFiles() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([9], to: "a")
        var dropped = try FileReplacement(path: path)
        try dropped.append(([1, 2] as [UInt8]).span.bytes)
        #expect(folder.names.count == 2)
        _ = consume dropped
        #expect(folder.names == ["a"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([9]))
        var kept = try FileReplacement(path: path)
        try kept.append(([1, 2] as [UInt8]).span.bytes)
        try kept.append(([3] as [UInt8]).span.bytes)
        try kept.commit()
        #expect(folder.names == ["a"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
    }

    @Test("A folder that cannot be written is an error with the system's words")
    func reportsWriteErrors() throws {
        #expect(throws: TensorError(.fileUnreadable, "")) { _ = try FileReplacement(path: "/proc/model") }
        do {
            _ = try FileReplacement(path: "/missing-folder/model")
            Issue.record("the folder does not exist")
        } catch {
            #expect(error.message.contains("No such file or directory"))
        }
    }
}
