import Foundation

/// A terminal that a test reads from: what is written to `program` comes out of `readAll`.
final class PseudoTerminal {
    /// The end that the program writes to.
    let program: FileHandle
    private let reader: Int32

    // Of Linux's asm-generic/ioctls.h: TIOCSPTLCK and TIOCGPTN.
    private static let setLock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430

    /// Opens a new one.
    init() throws {
        let reader = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: UInt32 = 0
        guard reader >= 0, ioctl(reader, Self.setLock, &lock) == 0, ioctl(reader, Self.number, &number) == 0 else {
            throw POSIXError(.ENOTTY)
        }
        let program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
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
