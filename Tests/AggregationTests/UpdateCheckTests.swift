import Aggregation
import Tensors
import Testing

@Suite("The check before the sum")
struct UpdateCheckTests {
    private func verdict(_ values: [Float], grid: Grid = .standard, threads: Int = 1) throws -> AggregationError? {
        let layout = try ParameterLayout([("first", [2, 3]), ("second", [values.count - 6])])
        let set = ParameterSet(layout: layout, values: ParameterBuffer(values))
        do throws(AggregationError) {
            try UpdateCheck.squaredNorm(checking: set, layout: layout, grid: grid, threads: threads)
            return nil
        } catch {
            return error
        }
    }

    @Test("A value that is not finite, off the grid, too large or negative zero is refused by name and index")
    func badValues() throws {
        let cases: [(Float, AggregationError.Code)] = [
            (.nan, .notFinite), (-.nan, .notFinite), (.infinity, .notFinite), (-.infinity, .notFinite),
            (-0.0, .offGrid), (1, .offGrid), (-1, .offGrid), (2, .offGrid), (0x1p-25, .offGrid),
            (0x1.000002p-2, .offGrid), (.leastNonzeroMagnitude, .offGrid), (.greatestFiniteMagnitude, .offGrid),
        ]
        for (value, code) in cases {
            for place in [0, 5, 6, 10_000] {
                var values = [Float](repeating: 0.5, count: 10_007)
                values[place] = value
                let error = try verdict(values, threads: 2)
                #expect(error?.code == code, "\(value)")
                let name = place < 6 ? "index \(place) of tensor \"first\"" : "index \(place - 6) of tensor \"second\""
                #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test("The first bad value is named, whatever the number of threads", arguments: 1...4)
    func firstOfMany(threads: Int) throws {
        var values = [Float](repeating: 0, count: 50_000)
        for place in [30_000, 9_000, 49_999] { values[place] = .nan }
        #expect(try verdict(values, threads: threads)?.message.contains("index 8994 of tensor \"second\"") == true)
    }

    @Test("Every value of the grid's range passes, and only those")
    func boundaries() throws {
        let grid = Grid.standard
        #expect(try verdict([0, grid.step, -grid.step, grid.largest, -grid.largest, 0.5, 0]) == nil)
        for bits in Grid.allowedFractionBits {
            let grid = try Grid(fractionBits: bits)
            #expect(try verdict([grid.largest, -grid.largest, grid.step, 0, 0, 0, 0], grid: grid) == nil)
            #expect(try verdict([grid.bound, 0, 0, 0, 0, 0, 0], grid: grid)?.code == .offGrid)
            #expect(try verdict([grid.step / 2, 0, 0, 0, 0, 0, 0], grid: grid)?.code == .offGrid)
        }
    }

    @Test("Another layout is refused, even of the same count")
    func layouts() throws {
        let expected = try ParameterLayout([("w", [2, 3])])
        for layout in [
            try ParameterLayout([("w", [3, 2])]), try ParameterLayout([("v", [2, 3])]),
            try ParameterLayout([("w", [6])]), try ParameterLayout([("w", [2, 2]), ("b", [2])]),
        ] {
            let set = ParameterSet(zeros: layout)
            let code = failure { () throws(AggregationError) in
                try UpdateCheck.squaredNorm(checking: set, layout: expected, grid: .standard)
            }
            #expect(code == .wrongCount)
        }
    }

    @Test("A weight below zero, or too much, is refused")
    func weights() throws {
        let set = try Fixtures.shared([0.5])
        let layout = try Fixtures.layout(1)
        let wanted: [(Int64, AggregationError.Code)] = [
            (-1, .invalidWeight), (.min, .invalidWeight),
            (AggregationLimits.totalWeight + 1, .weightLimit), (.max, .weightLimit),
        ]
        for (weight, code) in wanted {
            let found = failure { () throws(AggregationError) in
                try CheckedUpdate(checking: set, weight: weight, layout: layout, grid: .standard)
            }
            #expect(found == code)
            let update = try CheckedUpdate(checking: set, weight: 0, layout: layout, grid: .standard)
            #expect(failure { () throws(AggregationError) in try update.weighted(weight) } == code)
        }
    }

    @Test("A weight that is set later changes nothing else")
    func laterWeight() throws {
        let update = try Fixtures.update([0.5, -0.25], weight: 0)
        let heavier = try update.weighted(AggregationLimits.totalWeight)
        #expect(update.weight == 0 && heavier.weight == AggregationLimits.totalWeight)
        #expect(heavier.squaredNorm == update.squaredNorm && heavier.parameters === update.parameters)
    }
}
