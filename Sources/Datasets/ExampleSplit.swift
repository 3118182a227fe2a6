internal import Tensors

/// One data set's examples in three parts that share none: for training, for validating rounds, for the final test.
package struct ExampleSplit: Hashable, Sendable {
    /// Numbers of the examples to train on, ascending.
    package let train: [Int]
    /// Numbers of the examples that scores and early decisions may look at, ascending.
    package let validation: [Int]
    /// Numbers of the examples that only the final figure may look at, ascending.
    package let test: [Int]

    /// Splits so that each part has the classes in the proportions of the whole (largest remainders).
    ///
    /// - Parameters:
    ///   - labels: each example's class.
    ///   - validationCount: examples for validation.
    ///   - testCount: examples for the test.
    ///   - seed: of the draw.
    /// - Throws: `DatasetError` with code `invalidPartition` if a count is negative or nothing is left to train on.
    package static func stratified(
        labels: [UInt8],
        validationCount: Int,
        testCount: Int,
        seed: UInt64
    ) throws(DatasetError) -> ExampleSplit {
        let (held, overflow) = validationCount.addingReportingOverflow(testCount)
        guard validationCount >= 0, testCount >= 0, !overflow, held < labels.count else {
            throw DatasetError(
                .invalidPartition,
                "\(validationCount) + \(testCount) examples cannot be held out of \(labels.count)",
                advice: "hold out fewer, so that some are left to train on"
            )
        }
        var generator = SeededGenerator(seed: seed, stream: "holdout")
        return stratified(labels: labels, validationCount: validationCount, testCount: testCount, &generator)
    }

    /// Draws a validation set from examples that were held out for it, with the classes in their proportions; the rest
    /// is the test set.
    ///
    /// - Parameters:
    ///   - labels: each held-out example's class.
    ///   - validationCount: examples for validation.
    ///   - seed: four words of a secret seed, all of which the draw depends on.
    /// - Throws: `DatasetError` with code `invalidPartition` if there are not so many examples.
    package static func drawn(
        labels: [UInt8],
        validationCount: Int,
        seed: (UInt64, UInt64, UInt64, UInt64)
    ) throws(DatasetError) -> (validation: [Int], rest: [Int]) {
        guard (1...labels.count).contains(validationCount) else {
            throw DatasetError(
                .invalidPartition, "\(validationCount) validation examples cannot be drawn from \(labels.count)",
                advice: "hold out more, or ask for fewer")
        }
        var generator = SeededGenerator(
            seed: seed.0, stream: "validation", Int(truncatingIfNeeded: seed.1), Int(truncatingIfNeeded: seed.2),
            Int(truncatingIfNeeded: seed.3))
        let split = stratified(labels: labels, validationCount: validationCount, testCount: 0, &generator)
        return (split.validation, split.train)
    }

    private static func stratified(
        labels: [UInt8], validationCount: Int, testCount: Int, _ generator: inout SeededGenerator
    ) -> ExampleSplit {
        var classes = [[Int]](repeating: [], count: 256)
        for index in generator.permutation(of: labels.count) { classes[Int(labels[index])].append(index) }
        let test = take(testCount, from: &classes)
        let validation = take(validationCount, from: &classes)
        return ExampleSplit(train: classes.joined().sorted(), validation: validation, test: test)
    }

    /// Removes `count` examples from the classes' ends, from each class its share.
    private static func take(_ count: Int, from classes: inout [[Int]]) -> [Int] {
        let total = classes.reduce(0) { $0 + $1.count }
        guard count > 0 else { return [] }
        // Counts are below 2^27, so the products fit.
        var quotas = classes.map { count * $0.count / total }
        let byRemainder = classes.indices.sorted {
            let left = count * classes[$0].count % total
            let right = count * classes[$1].count % total
            return (right, $0) < (left, $1)
        }
        for index in byRemainder.prefix(count - quotas.reduce(0, +)) { quotas[index] += 1 }
        var taken: [Int] = []
        for index in classes.indices {
            taken.append(contentsOf: classes[index].suffix(quotas[index]))
            classes[index].removeLast(quotas[index])
        }
        return taken.sorted()
    }
}
