/// A flat run of Float64 values in one allocation, aligned to 64 bytes, with a single owner.
@safe
struct Float64Buffer: ~Copyable, @unchecked Sendable {
    // Owned by this value alone; freed in deinit. Sendable because ownership moves with the value.
    private let base: UnsafeMutablePointer<Double>
    /// Number of values.
    let count: Int

    /// A buffer of zeros. Complexity: O(`count`).
    init(zeros count: Int) {
        precondition(count >= 0, "a buffer cannot have a negative count")
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Double>.stride,
            alignment: 64
        )
        base = raw.initializeMemory(as: Double.self, repeating: 0, count: count)
        self.count = count
    }

    deinit {
        UnsafeMutableRawPointer(base).deallocate()
    }

    /// The values, lent for reading.
    borrowing func withUnsafeValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeBufferPointer<Double>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeBufferPointer(start: base, count: count))
    }

    /// The values, lent for writing.
    mutating func withUnsafeMutableValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Double>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeMutableBufferPointer(start: base, count: count))
    }
}
