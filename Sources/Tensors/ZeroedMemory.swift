internal import Glibc
internal import Synchronization

/// Zeroed, 64-byte aligned memory for the large buffers of this project.
///
/// Large runs come from the kernel and go back to it at once: glibc raises its own threshold for that each time a large
/// block is freed, up to 32 MiB, and a server that allocates a sum a round would then keep several. A process that
/// needs the same few large runs over and over may keep some (`keepSpares`): fresh pages cost more than writing them.
package enum ZeroedMemory {
    /// Bytes from which a run is mapped on its own.
    private static let mappedByteCount = 1 << 20
    /// Bytes from which large pages are asked for: two of them.
    private static let largePageByteCount = 4 << 20
    /// Bytes to which the first byte is aligned: a cache line, and a full AVX-512 register.
    package static let alignment = 64

    /// Runs that were given back, for the next that asks for as many bytes, oldest first.
    private struct Spares {
        var limit = 0
        var runs: [(address: UInt, byteCount: Int)] = []
    }

    private static let spares = Mutex(Spares())

    /// Keeps up to so many large runs that are given back, none at first. Their pages are the kernel's for the taking
    /// when memory runs short.
    package static func keepSpares(_ count: Int) {
        let gone = spares.withLock { spares in
            spares.limit = count
            let gone = spares.runs.dropLast(count)
            spares.runs.removeFirst(gone.count)
            return Array(gone)
        }
        for run in gone { munmap(UnsafeMutableRawPointer(bitPattern: run.address), run.byteCount) }
    }

    /// Memory of zeros; at least one byte. Traps where there is none left, as Swift's own allocation does.
    ///
    /// - Parameter isZeroed: false where every byte will be written before it is read: then it may hold anything.
    package static func allocate(byteCount: Int, isZeroed: Bool = true) -> UnsafeMutableRawPointer {
        if byteCount >= largePageByteCount, let spare = takeSpare(byteCount) {
            if isZeroed { memset(spare, 0, byteCount) }
            return spare
        }
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
        if byteCount >= largePageByteCount, keepSpare(start, byteCount) { return }
        if byteCount >= mappedByteCount {
            munmap(start, byteCount)
        } else {
            start.deallocate()
        }
    }

    private static func takeSpare(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        spares.withLock { spares in
            guard let index = spares.runs.lastIndex(where: { $0.byteCount == byteCount }) else { return nil }
            return UnsafeMutableRawPointer(bitPattern: spares.runs.remove(at: index).address)
        }
    }

    private static func keepSpare(_ start: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
        guard spares.withLock({ $0.limit > 0 }) else { return false }
        madvise(start, byteCount, MADV_FREE)
        let gone: (address: UInt, byteCount: Int)? = spares.withLock { spares in
            spares.runs.append((UInt(bitPattern: start), byteCount))
            return spares.runs.count > spares.limit ? spares.runs.removeFirst() : nil
        }
        if let gone { munmap(UnsafeMutableRawPointer(bitPattern: gone.address), gone.byteCount) }
        return true
    }
}
