/// The unit of losses and scores on the ledger: 10^-12 nat, in signed 64-bit integers (± 9.2 million nat).
package enum ScoreUnit {
    /// Units in one nat.
    package static let perNat = 1e12

    /// A score in units, saturated at ± `ValuationLimits.score`: one product in Float64, rounded to the nearest
    /// integer, ties to even.
    ///
    /// - Throws: `ValuationError` with code `notFinite`.
    package static func saturatedUnits(ofNats nats: Double) throws(ValuationError) -> Int64 {
        let units = (nats * perNat).rounded(.toNearestOrEven)
        guard units.isFinite else { throw ValuationError.diverged(nats) }
        let limit = Double(ValuationLimits.score)
        return Int64(max(-limit, min(limit, units)))
    }

    /// A loss in units: one product in Float64, rounded to the nearest integer, ties to even.
    ///
    /// - Throws: `ValuationError` with code `notFinite`, or `overflow` if the result has no place in 64 bits.
    package static func units(ofNats nats: Double) throws(ValuationError) -> Int64 {
        guard nats.isFinite else { throw ValuationError.diverged(nats) }
        guard let units = Int64(exactly: (nats * perNat).rounded(.toNearestOrEven)) else {
            throw ValuationError(.overflow, "\(nats) nat; losses end at \(Double(Int64.max) / perNat)")
        }
        return units
    }
}

extension ValuationError {
    /// A loss or a score is not finite.
    fileprivate static func diverged(_ nats: Double) -> ValuationError {
        ValuationError(.notFinite, "\(nats) nat; the model has diverged, lower the learning rate")
    }
}
