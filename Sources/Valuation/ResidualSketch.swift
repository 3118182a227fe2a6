package import Tensors

/// How alike participants' updates are once what the last scored steps predict is removed: a flag for people.
///
/// Each update is looked at in a seeded sample of coordinates. Its least-squares projection on the last scored steps is
/// removed there, and what is left is added up over the rounds for each participant. Two keys that train on the same
/// data have sums of cosine 0.96 to 0.98; different honest participants reached at most 0.27 (digits, 5 and 10
/// participants, 20 and 30 rounds). A high cosine asks for evidence. It moves no money, and it proves nothing: keys
/// that share out one data set are as unlike as strangers, and a fixed kick of each key's own lowers the cosine.
///
/// The flags are computed after each round, and the sample is no secret: a participant who looks at the sampled
/// coordinates can stay unlike others in just these.
///
/// Plain Float64 in a fixed order, so deterministic; kept in memory only. 32 KiB a participant.
package struct ResidualSketch: Sendable {
    /// A participant, and the other one whose summed residuals are most like its own.
    package struct Likeness: Hashable, Sendable {
        /// The participant's number.
        package let participant: UInt32
        /// The other's number, the lowest of several with the same cosine.
        package let other: UInt32
        /// Cosine of the angle between their sums, at most 1 but for rounding; 0 where a sum is zero.
        package let cosine: Double
    }

    /// The sampled coordinates, ascending.
    package let coordinates: [Int]
    private let valueCount: Int
    private var sums: [UInt32: [Double]] = [:]

    /// A sketch of nothing yet.
    ///
    /// - Parameters:
    ///   - count: values of one update.
    ///   - seed: draws the sample: `ValuationLimits.sketchLength` coordinates, or all of fewer. Rounds use seed 0,
    ///     so everybody can tell which coordinates are compared.
    package init(count: Int, seed: UInt64) {
        precondition(count >= 0, "an update cannot have a negative count")
        valueCount = count
        coordinates = Self.sample(of: count, seed: seed)
    }

    /// The sampled coordinates of a scored step.
    ///
    /// - Throws: `ValuationError` with code `wrongCount`.
    package func sampled(_ step: Span<Double>) throws(ValuationError) -> [Double] {
        try check(step.count)
        return coordinates.map { step[$0] }
    }

    /// Adds one round's updates.
    ///
    /// Complexity: O(steps · sample) an update.
    ///
    /// - Parameters:
    ///   - updates: each with its participant and effective weight, so that a huge update counts here for what it
    ///     counted for in the model; ascending by participant.
    ///   - steps: the sampled coordinates of the last scored steps, as `sampled` gives them.
    /// - Throws: `ValuationError` with code `wrongCount`; nothing is added then.
    package mutating func add(
        _ updates: [(participant: UInt32, weight: Int64, update: SharedParameterSet)],
        steps: [[Double]]
    ) throws(ValuationError) {
        for update in updates { try check(update.update.parameters.values.count) }
        for step in steps where step.count != coordinates.count {
            throw ValuationError(.wrongCount, "a step of \(step.count) samples where there are \(coordinates.count)")
        }
        let basis = Self.orthonormal(steps)
        for (participant, weight, update) in updates {
            let sample = update.parameters.values.withUnsafeValues { values in
                coordinates.map { Double(weight) * Double(values[$0]) }
            }
            let residual = Self.residual(of: sample, beside: basis)
            let sum = sums[participant] ?? Array(repeating: 0, count: coordinates.count)
            sums[participant] = zip(sum, residual).map { $0 + $1 }
        }
    }

    /// For each participant the other that is most like it, ascending by participant; empty with fewer than two.
    ///
    /// Complexity: O(participants² · sample).
    package func likenesses() -> [Likeness] {
        let participants = sums.keys.sorted()
        guard participants.count > 1 else { return [] }
        let unit = participants.map { Self.normalised(sums[$0] ?? []) }
        var best = participants.map { _ in (other: 0, cosine: -Double.infinity) }
        for left in participants.indices {
            for right in participants.indices[(left + 1)...] {
                let cosine = Self.dot(unit[left], unit[right])
                if cosine > best[left].cosine { best[left] = (right, cosine) }
                if cosine > best[right].cosine { best[right] = (left, cosine) }
            }
        }
        return participants.indices.map {
            Likeness(participant: participants[$0], other: participants[best[$0].other], cosine: best[$0].cosine)
        }
    }

    private func check(_ count: Int) throws(ValuationError) {
        guard count == valueCount else {
            throw ValuationError(.wrongCount, "\(count) values in a sketch of updates of \(valueCount)")
        }
    }

    /// Distinct coordinates without a list of all of them (Floyd's algorithm: Bentley 1987).
    private static func sample(of count: Int, seed: UInt64) -> [Int] {
        let wanted = min(count, ValuationLimits.sketchLength)
        var generator = SeededGenerator(seed: seed, stream: "residual-sketch")
        var chosen: Set<Int> = []
        for last in (count - wanted)..<count {
            let candidate = generator.nextIndex(below: last + 1)
            chosen.insert(chosen.contains(candidate) ? last : candidate)
        }
        return chosen.sorted()
    }

    /// Unit vectors at right angles that span the steps; a step that depends on those before it adds none.
    private static func orthonormal(_ steps: [[Double]]) -> [[Double]] {
        var basis: [[Double]] = []
        for step in steps {
            let whole = dot(step, step)
            let rest = residual(of: step, beside: basis)
            guard dot(rest, rest) > 0x1p-32 * whole else { continue }
            basis.append(normalised(rest))
        }
        return basis
    }

    /// A vector less its projection on a basis, taken away twice so that rounding leaves little of it.
    private static func residual(of vector: [Double], beside basis: [[Double]]) -> [Double] {
        var rest = vector
        for direction in basis + basis {
            let length = dot(rest, direction)
            for index in rest.indices { rest[index] -= length * direction[index] }
        }
        return rest
    }

    private static func normalised(_ vector: [Double]) -> [Double] {
        let length = dot(vector, vector).squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }

    private static func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }
}
