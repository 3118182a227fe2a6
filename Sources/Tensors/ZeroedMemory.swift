internal import Glibc

/// Zeroed, 64-byte aligned memory for the large buffers of this project.
///
/// Large runs come from the kernel and go back to it at once: glibc raises its own threshold for that each time a large
/// block is freed, up to 32 MiB, and a server that allocates a sum a round would then keep several.
package enum ZeroedMemory {
    /// Bytes from which a run is mapped on its own.
    private static let mappedByteCount = 1 << 20
    /// Bytes from which large pages are asked for: two of them.
    private static let largePageByteCount = 4 << 20
    /// Bytes to which the first byte is aligned: a cache line, and a full AVX-512 register.
    package static let alignment = 64

    /// Memory of zeros; at least one byte. Traps where there is none left, as Swift's own allocation does.
    package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        if byteCount >= mappedByteCount {
            let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let start, start != MAP_FAILED else { preconditionFailure("no memory for \(byteCount) bytes") }
            // Fewer page faults and address look-ups, where the system offers large pages on request.
            if byteCount >= largePageByteCount { madvise(start, byteCount, MADV_HUGEPAGE) }
            return start
        }
        let start = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: alignment)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        return start
    }

    /// Gives back what `allocate` gave for that byte count.
    package static func deallocate(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        if byteCount >= mappedByteCount {
            munmap(start, byteCount)
        } else {
            start.deallocate()
        }
    }
}
