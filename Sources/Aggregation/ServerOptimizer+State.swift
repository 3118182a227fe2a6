package import Attestation

/// The velocity as bytes, so that a restarted coordinator goes on from a round and an auditor starts at one:
/// the eight ASCII bytes `tribvel1`, the number of values as little-endian UInt64, the values as little-endian Float64.
extension ServerOptimizer {
    private static let magic: [UInt8] = Array("tribvel1".utf8)

    /// The state, or nil if there is none: with β = 0, or before the first step. 16 + 8 · values bytes.
    package borrowing func state() -> [UInt8]? {
        guard velocity.count > 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(AggregationLimits.stateHeaderByteCount + 8 * velocity.count)
        forEachRunOfState { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// SHA-256 of the state's bytes, or nil if there is none. Complexity: O(values), without a copy.
    package borrowing func stateDigest() -> Digest? {
        guard velocity.count > 0 else { return nil }
        var hasher = SHA256.Hasher()
        forEachRunOfState { hasher.update($0) }
        return hasher.finalize()
    }

    /// An optimiser that goes on from a stored state.
    ///
    /// - Parameters:
    ///   - state: what `state()` gave, or nil for none.
    ///   - count: the model's number of values.
    /// - Throws: `AggregationError` with code `invalidConfiguration` as `init(learningRate:momentum:)` does, or
    ///   `invalidState` if the bytes are not a state of `count` finite values, or given though β is 0.
    package static func resuming(
        learningRate: Double,
        momentum: Double,
        state: [UInt8]?,
        count: Int
    ) throws(AggregationError) -> ServerOptimizer {
        var optimizer = try ServerOptimizer(learningRate: learningRate, momentum: momentum)
        if let state {
            optimizer.velocity = try read(state, count: count, momentum: momentum)
        }
        return optimizer
    }

    private borrowing func forEachRunOfState(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard velocity.count > 0 else { return }
        Self.magic.withUnsafeBytes(body)
        withUnsafeBytes(of: UInt64(velocity.count).littleEndian, body)
        velocity.forEachRunOfBytes(body)
    }

    private static func read(
        _ state: [UInt8],
        count: Int,
        momentum: Double
    ) throws(AggregationError) -> Float64Buffer {
        guard momentum > 0 else {
            throw AggregationError(
                .invalidState,
                "a velocity for a server without momentum; drop it or set the momentum"
            )
        }
        let header = AggregationLimits.stateHeaderByteCount
        guard state.count >= header, state.starts(with: magic) else {
            throw AggregationError(.invalidState, "\(state.count) bytes that are no server state of version 1")
        }
        let promised = word(state, at: 8)
        guard promised == UInt64(count), state.count - header == 8 * count else {
            throw AggregationError(
                .invalidState,
                "a state of \(promised) values in \(state.count) bytes, for a model of \(count) values"
            )
        }
        var velocity = Float64Buffer(zeros: count)
        let firstBad: Int? = velocity.withUnsafeMutableValues { values in
            for index in 0..<count {
                let value = Double(bitPattern: word(state, at: header + 8 * index))
                guard value.isFinite else { return index }
                values[index] = value
            }
            return nil
        }
        if let firstBad {
            throw AggregationError(.invalidState, "the velocity's value \(firstBad) is not finite")
        }
        return velocity
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}
