import Foundation

/// A terminal that a test reads from: what is written to `program` comes out of `readAll`.
final class PseudoTerminal {
    /// The end that the program writes to.
    let program: FileHandle
    private let reader: Int32

    init() throws {
        let reader = posix_openpt(O_RDWR | O_NOCTTY)
        var name = [CChar](repeating: 0, count: 128)
        guard reader >= 0, grantpt(reader) == 0, unlockpt(reader) == 0, ptsname_r(reader, &name, name.count) == 0 else {
            throw POSIXError(.ENOTTY)
        }
        let program = name.withUnsafeBufferPointer { open($0.baseAddress ?? UnsafePointer(bitPattern: 1)!, O_RDWR | O_NOCTTY) }
        guard program >= 0 else { throw POSIXError(.ENOTTY) }
        self.reader = reader
        self.program = FileHandle(fileDescriptor: program, closeOnDealloc: true)
    }

    deinit { close(reader) }

    /// Everything written until the last writer is gone. To be called once the program runs.
    func readAll() -> String {
        try? program.close()
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            // Linux ends with EIO when nobody holds the other end any more.
            let count = read(reader, &part, part.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }
}
