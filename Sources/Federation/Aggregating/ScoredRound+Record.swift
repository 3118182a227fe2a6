package import Aggregation
package import Valuation

/// Scored rounds in the coordinator's private records, from which a restart takes up the next rounds' scores.
extension ScoredRound {
    /// The bytes of its record: the step, then the echo, each value a little-endian Float64.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Float64Buffer.byteCount(of: step.values.count + echo.values.count))
        step.values.forEachRunOfBytes { bytes.append(contentsOf: $0) }
        echo.values.forEachRunOfBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads the record of a round.
    ///
    /// - Parameter count: values of the model.
    /// - Throws: `FederationError` with code `unusableUpdate` if it is not one of a model with so many values.
    package init(round: UInt32, decoding bytes: [UInt8], count: Int) throws(FederationError) {
        let half = Float64Buffer.byteCount(of: count)
        guard bytes.count == 2 * half else {
            throw FederationError(
                .unusableUpdate, "the record of round \(round) has \(bytes.count) bytes, not \(2 * half)")
        }
        do throws(AggregationError) {
            self.init(
                round: round, step: try Self.vector(bytes[..<half], count: count),
                echo: try Self.vector(bytes[half...], count: count))
        } catch {
            throw FederationError(.unusableUpdate, "the record of round \(round): \(error.message)")
        }
    }

    private static func vector(
        _ bytes: ArraySlice<UInt8>, count: Int
    ) throws(AggregationError) -> SharedVector {
        try bytes.span.withUnsafeBytes { raw throws(AggregationError) in
            SharedVector(try Float64Buffer.reading(raw, count: count))
        }
    }
}

extension ScoredHistory {
    /// The last scored rounds, given newest first.
    package init(newestFirst rounds: [ScoredRound]) {
        self.init()
        for round in rounds.reversed() { append(round) }
    }

    /// The directions that the rounds span: the steps newest first, then the echoes.
    package func basis(count: Int, threads: Int) throws(ValuationError) -> SurpriseBasis {
        var basis = SurpriseBasis(count: count)
        for vector in vectors {
            try vector.values.withUnsafeValues { values throws(ValuationError) in
                _ = try basis.append(Span(_unsafeElements: values), threads: threads)
            }
        }
        return basis
    }
}

extension SharedVector {
    /// The values at the coordinates that a sketch samples; none without one.
    func sampled(by sketch: ResidualSketch?) throws(ValuationError) -> [Double] {
        guard let sketch else { return [] }
        return try values.withUnsafeValues { values throws(ValuationError) in
            try sketch.sampled(Span(_unsafeElements: values))
        }
    }
}
