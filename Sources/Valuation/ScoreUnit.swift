/// The unit of losses and scores on the ledger: 10^-12 nat, in signed 64-bit integers (± 9.2 million nat).
package enum ScoreUnit {
    /// Units in one nat.
    package static let perNat = 1e12

    /// A loss or a score in units: one product in Float64, rounded to the nearest integer, ties to even.
    ///
    /// - Throws: `ValuationError` with code `notFinite`, or `overflow` if the result has no place in 64 bits.
    package static func units(ofNats nats: Double) throws(ValuationError) -> Int64 {
        guard nats.isFinite else {
            throw ValuationError(.notFinite, "\(nats) nat; the model has diverged, lower the learning rate")
        }
        guard let units = Int64(exactly: (nats * perNat).rounded(.toNearestOrEven)) else {
            throw ValuationError(.overflow, "\(nats) nat; scores end at \(Double(Int64.max) / perNat)")
        }
        return units
    }
}
