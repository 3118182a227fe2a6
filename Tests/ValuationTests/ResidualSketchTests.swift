import Tensors
import Testing
import Valuation

@Suite("How alike participants' residuals are")
struct ResidualSketchTests {
    private let count = 6_000

    private func noise(_ seed: UInt64, scale: Double = 0.01) -> [Double] {
        var generator = SeededGenerator(seed: seed, stream: "noise")
        return (0..<count).map { _ in scale * generator.nextNormal() }
    }

    private func shared(_ values: [Double]) throws -> SharedParameterSet {
        SharedParameterSet(try Fixtures.set(ParameterBuffer(values.map { Float($0) })))
    }

    private func sum(_ vectors: [Double]...) -> [Double] {
        (0..<count).map { place in vectors.reduce(0) { $0 + $1[place] } }
    }

    /// Five rounds: participants 1 and 2 have the same data, 3 and 4 their own; all follow the last step.
    private func sketch(seed: UInt64, kick: Int64 = 1) throws -> ResidualSketch {
        var sketch = ResidualSketch(count: count, seed: seed)
        for round in 0..<5 as Range<UInt64> {
            let step = noise(round, scale: 0.05)
            let data = [noise(100), noise(100), noise(300), noise(400)]
            let updates = try data.enumerated().map { index, own in
                let update = try shared(sum(step, own, noise(1_000 + 10 * round + UInt64(index), scale: 0.002)))
                return (participant: UInt32(index + 1), weight: index == 1 ? kick : 1, update: update)
            }
            try sketch.add(updates, steps: [sketch.sampled(step.span)])
        }
        return sketch
    }

    @Test("Two keys on the same data stand out, and honest ones do not", arguments: 0..<4)
    func sameData(seed: UInt64) throws {
        let likenesses = try sketch(seed: seed).likenesses()
        #expect(likenesses.map(\.participant) == [1, 2, 3, 4])
        #expect(likenesses[0].other == 2 && likenesses[0].cosine > 0.9)
        #expect(likenesses[1].other == 1 && likenesses[1].cosine == likenesses[0].cosine)
        #expect(likenesses[2].cosine < 0.3 && likenesses[3].cosine < 0.3)
    }

    @Test("The same rounds give the same cosines, and one key's constant weight changes them by rounding only")
    func deterministic() throws {
        let likenesses = try sketch(seed: 1).likenesses()
        #expect(try sketch(seed: 1).likenesses() == likenesses)
        let heavier = try sketch(seed: 1, kick: 1 << 20).likenesses()
        for (left, right) in zip(likenesses, heavier) { #expect(abs(left.cosine - right.cosine) < 1e-9) }
    }

    @Test("What the last steps predict leaves nothing to compare")
    func predicted() throws {
        var sketch = ResidualSketch(count: count, seed: 3)
        // Values of few bits, so that the updates are the steps exactly.
        let steps = [noise(1), noise(2)].map { $0.map { ($0 * 1_024).rounded() } }
        let sampled = try steps.map { try sketch.sampled($0.span) }
        let replay = try shared(sum(steps[0], steps[1]))
        let honest = try shared(noise(3))
        try sketch.add([(participant: 1, weight: 1, update: honest)], steps: sampled)
        let alone = sketch.likenesses()
        #expect(alone.isEmpty)
        var twice = sketch
        try twice.add([(participant: 2, weight: 1, update: honest)], steps: sampled)
        try twice.add([(participant: 2, weight: 1, update: replay)], steps: sampled + sampled)
        #expect(twice.likenesses().allSatisfy { abs($0.cosine - 1) < 1e-9 })
    }

    @Test("Updates of zeros have cosine zero")
    func zeros() throws {
        var sketch = ResidualSketch(count: count, seed: 4)
        let zeros = try shared([Double](repeating: 0, count: count))
        try sketch.add(
            [(participant: 7, weight: 1, update: zeros), (participant: 9, weight: 1, update: zeros)], steps: [])
        #expect(sketch.likenesses().map(\.cosine) == [0, 0])
        #expect(sketch.likenesses().map(\.other) == [9, 7])
    }

    @Test("The sample has distinct coordinates in order: 4,096 of many, all of few")
    func coordinates() {
        for count in [0, 1, 4_095, 4_096, 4_097, 100_000] {
            let coordinates = ResidualSketch(count: count, seed: 5).coordinates
            #expect(coordinates.count == min(count, 4_096) && Set(coordinates).count == coordinates.count)
            #expect(coordinates == coordinates.sorted() && coordinates.allSatisfy { 0..<count ~= $0 })
            #expect(ResidualSketch(count: count, seed: 5).coordinates == coordinates)
        }
        #expect(
            ResidualSketch(count: 100_000, seed: 5).coordinates != ResidualSketch(count: 100_000, seed: 6).coordinates)
    }

    @Test("Updates and steps of another count are refused and nothing is added")
    func refusals() throws {
        var sketch = ResidualSketch(count: count, seed: 8)
        let short = SharedParameterSet(try Fixtures.set(ParameterBuffer([1])))
        let whole = try shared(noise(1))
        let updates = [(participant: UInt32(1), weight: Int64(1), update: whole), (2, 1, short)]
        #expect(failure { () throws(ValuationError) in try sketch.add(updates, steps: []) } == .wrongCount)
        #expect(failure { () throws(ValuationError) in try sketch.add([updates[0]], steps: [[1]]) } == .wrongCount)
        let step: [Double] = [1]
        #expect(failure { () throws(ValuationError) in try sketch.sampled(step.span) } == .wrongCount)
        #expect(sketch.likenesses().isEmpty)
    }
}
