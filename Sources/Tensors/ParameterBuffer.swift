/// A flat run of float32 values in one allocation, aligned to 64 bytes, with a single owner.
///
/// Move-only: a copy is written `copy()`, so that no hot loop pays for one unseen.
@safe
package struct ParameterBuffer: ~Copyable, @unchecked Sendable {
    // Owned by this value alone; freed in deinit. Sendable because ownership moves with the value.
    private let base: UnsafeMutablePointer<Float>
    /// Number of values.
    package let count: Int

    /// Bytes to which the first value is aligned: a cache line, and a full AVX-512 register.
    package static let alignment = ZeroedMemory.alignment

    /// A buffer of zeros. Complexity: O(`count`).
    package init(zeros count: Int) {
        precondition(count >= 0, "a buffer cannot have a negative count")
        let memory = ZeroedMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
        base = memory.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    /// A buffer whose values are anything until they are written, for those that will all be.
    package init(unwritten count: Int) {
        precondition(count >= 0, "a buffer cannot have a negative count")
        let memory = ZeroedMemory.allocate(byteCount: count * MemoryLayout<Float>.stride, isZeroed: false)
        base = memory.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    /// A buffer with the values of an array. Complexity: O(n).
    package init(_ values: [Float]) {
        self.init(unwritten: values.count)
        values.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { base.update(from: start, count: source.count) }
        }
    }

    deinit {
        ZeroedMemory.deallocate(base, byteCount: count * MemoryLayout<Float>.stride)
    }

    /// The values, lent for reading.
    package var span: Span<Float> {
        @_lifetime(borrow self)
        get {
            let view = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(view, borrowing: self)
        }
    }

    /// The values, lent for writing.
    package var mutableSpan: MutableSpan<Float> {
        @_lifetime(&self)
        mutating get {
            let view = unsafe MutableSpan(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(view, mutating: &self)
        }
    }

    /// Lends the values for reading as a pointer, for the C kernels.
    package borrowing func withUnsafeValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeBufferPointer(start: base, count: count))
    }

    /// Lends the values for writing as a pointer, for the C kernels.
    package mutating func withUnsafeMutableValues<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeMutableBufferPointer(start: base, count: count))
    }

    /// Another buffer with the same values. Complexity: O(`count`).
    package borrowing func copy() -> ParameterBuffer {
        let other = ParameterBuffer(unwritten: count)
        unsafe other.base.update(from: base, count: count)
        return other
    }

    /// Overwrites every value with the other buffer's. Complexity: O(`count`).
    package mutating func assign(from other: borrowing ParameterBuffer) {
        precondition(other.count == count, "buffers of different counts")
        unsafe base.update(from: other.base, count: count)
    }
}
