internal import Tensors

/// A flat run of Float64 values in one allocation, aligned to 64 bytes, with a single owner.
@safe
package struct Float64Buffer: ~Copyable, @unchecked Sendable {
    // Owned by this value alone; freed in deinit. Sendable because ownership moves with the value.
    private let base: UnsafeMutablePointer<Double>
    /// Number of values.
    package let count: Int

    /// A buffer of zeros. Complexity: O(`count`).
    package init(zeros count: Int) {
        precondition(count >= 0, "a buffer cannot have a negative count")
        let memory = ZeroedMemory.allocate(byteCount: count * MemoryLayout<Double>.stride)
        base = memory.bindMemory(to: Double.self, capacity: count)
        self.count = count
    }

    /// A buffer with the values of an array. Complexity: O(n).
    package init(_ values: [Double]) {
        self.init(zeros: values.count)
        values.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { base.update(from: start, count: source.count) }
        }
    }

    deinit {
        ZeroedMemory.deallocate(base, byteCount: count * MemoryLayout<Double>.stride)
    }

    /// The values, lent for reading.
    package var span: Span<Double> {
        @_lifetime(borrow self)
        get {
            let view = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(view, borrowing: self)
        }
    }

    /// The values, lent for reading.
    package borrowing func withUnsafeValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeBufferPointer<Double>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeBufferPointer(start: base, count: count))
    }

    /// The values, lent for writing.
    package mutating func withUnsafeMutableValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Double>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeMutableBufferPointer(start: base, count: count))
    }
}
