import Datasets
import Tensors
import Testing

@Suite("Holding examples out")
struct ExampleSplitTests {
    @Test("The parts have the asked sizes, share nothing, and keep the classes' proportions")
    func splits() throws {
        let digits = try Dataset.digits().train
        let split = try ExampleSplit.stratified(
            labels: digits.labels,
            validationCount: 300,
            testCount: 360,
            seed: 1
        )
        #expect(split.validation.count == 300)
        #expect(split.test.count == 360)
        #expect((split.train + split.validation + split.test).sorted() == Array(0..<1_797))
        let all = LabelHistogram(labels: digits.labels, classCount: 10)
        for part in [split.train, split.validation, split.test] {
            #expect(part == part.sorted())
            let histogram = LabelHistogram(labels: digits.labels, rows: part, classCount: 10)
            for (count, whole) in zip(histogram.counts, all.counts) {
                #expect(abs(Double(count) - Double(whole * part.count) / 1_797) < 2)
            }
        }
    }

    @Test("All small cases: every pair of counts that leaves an example splits, every other is refused")
    func smallCases() throws {
        let labels: [UInt8] = [0, 1, 1, 2, 2, 2, 255]
        for validation in -1...8 {
            for test in -1...8 {
                let isPossible = validation >= 0 && test >= 0 && validation + test < labels.count
                if isPossible {
                    let split = try ExampleSplit.stratified(
                        labels: labels,
                        validationCount: validation,
                        testCount: test,
                        seed: 1
                    )
                    #expect(split.validation.count == validation && split.test.count == test)
                    #expect((split.train + split.validation + split.test).sorted() == Array(0..<7))
                } else {
                    #expect(throws: DatasetError(.invalidPartition, "", advice: "")) {
                        try ExampleSplit.stratified(
                            labels: labels,
                            validationCount: validation,
                            testCount: test,
                            seed: 1
                        )
                    }
                }
            }
        }
    }

    @Test("The same seed splits the same way, another one differently")
    func isSeeded() throws {
        func split(_ seed: UInt64) throws -> ExampleSplit {
            try .stratified(
                labels: (0..<100).map { $0 % 4 },
                validationCount: 10,
                testCount: 20,
                seed: seed
            )
        }
        #expect(try split(1) == split(1))
        #expect(try split(1) != split(2))
    }

    @Test("A selection has the rows asked for, in that order")
    func selects() throws {
        let examples = try LabelledExamples(
            features: ParameterBuffer([1, 2, 3, 4, 5, 6]),
            labels: [0, 1, 2],
            featureCount: 2,
            classCount: 4
        )
        let selection = try examples.selection(of: [2, 0])
        #expect(selection.labels == [2, 0])
        #expect(selection.classCount == 4)
        #expect(selection.features.withUnsafeValues { Array($0) } == [5, 6, 1, 2])
    }
}
