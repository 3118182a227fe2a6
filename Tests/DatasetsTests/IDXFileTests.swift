import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("IDX files")
struct IDXFileTests {
    /// Five pictures of 2 × 3 pixels with the values 0 to 29.
    static let plain: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<30).map { UInt8($0) }
    /// The same through Python's gzip.
    static let compressed: [UInt8] = [UInt8](
        Data(base64Encoded: "H4sIAAAAAAACA2Ng4GBmYGBgBWImIGZmYGRiZmFlY+fg5OLm4eXjFxAUEhYRFROXkJSSlpEFALSEoH0uAAAA")
            ?? Data()
    )

    static func values(_ file: [UInt8]) throws(DatasetError) -> (extents: [Int], values: [UInt8]) {
        let idx = try IDXFile(file.span.bytes, name: "test")
        let extents = idx.extents
        return (extents, try idx.bytes())
    }

    static func fractions(_ file: [UInt8]) throws(DatasetError) -> [Float] {
        let idx = try IDXFile(file.span.bytes, name: "test")
        return try idx.fractions().withUnsafeValues { Array($0) }
    }

    @Test("Plain and gzipped files read the same", arguments: [plain, compressed])
    func readsBoth(file: [UInt8]) throws {
        let (extents, values) = try Self.values(file)
        #expect(extents == [5, 2, 3])
        #expect(values == (0..<30).map { UInt8($0) })
        #expect(try Self.fractions(file) == (0..<30).map { Float($0) / 255 })
    }

    @Test("A file cut off anywhere, or with a byte more, is refused", arguments: [plain, compressed])
    func refusesOtherLengths(file: [UInt8]) {
        for count in 0..<file.count {
            #expect(throws: DatasetError.self, "\(count) bytes") { try Self.values(Array(file[..<count])) }
        }
        #expect(throws: DatasetError(.truncated, "", advice: "")) { try Self.values(file + [0]) }
    }

    @Test("A header that promises more than the file can hold is refused before memory is taken")
    func refusesPromises() {
        var file = Self.plain
        file.replaceSubrange(4..<8, with: [0x0F, 0, 0, 0])
        #expect(throws: DatasetError(.truncated, "", advice: "")) { try Self.values(file) }
        file.replaceSubrange(4..<16, with: [UInt8](repeating: 0xFF, count: 12))
        #expect(throws: DatasetError(.limit, "", advice: "")) { try Self.values(file) }
        file.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        #expect(throws: DatasetError(.limit, "", advice: "")) { try Self.values(file) }
    }

    @Test("Other types and other files are refused with a reason")
    func refusesOthers() {
        #expect(throws: DatasetError(.unsupportedType, "", advice: "")) { try Self.values([0, 0, 13, 1, 0, 0, 0, 0]) }
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) { try Self.values([0, 0, 8, 0]) }
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) { try Self.values(Array("text".utf8)) }
    }

    @Test("Mutated files, plain and gzipped, are read or refused with a typed error")
    func survivesMutations() {
        var mutator = Mutator(seed: 4)
        for round in 0..<2 * Mutator.inputCount {
            let input = mutator.mutate([round % 2 == 0 ? Self.plain : Self.compressed])
            do throws(DatasetError) {
                let count = try Self.values(input).values.count
                #expect(try Self.fractions(input).count == count)
            } catch {
                #expect(!error.reason.isEmpty && !error.advice.isEmpty)
            }
        }
    }

    @Test(
        "MNIST and Fashion-MNIST have their published sizes, class counts and mean pixels",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
        arguments: [
            (
                "mnist", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
                [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], 0.1307, 0.1325
            ),
            (
                "fashion-mnist", [Int](repeating: 6_000, count: 10), [Int](repeating: 1_000, count: 10), 0.2860, 0.2868
            ),
        ]
    )
    func publishedFigures(
        name: String,
        train: [Int],
        test: [Int],
        trainMean: Double,
        testMean: Double
    ) throws {
        let dataset = try Dataset.load(path: SharedData.url(name).path)
        #expect(dataset.name == name)
        #expect(dataset.imageShape == Dataset.ImageShape(width: 28, height: 28))
        let parts = [(dataset.train, train, trainMean), (try #require(dataset.test), test, testMean)]
        for (examples, histogram, mean) in parts {
            #expect(LabelHistogram(labels: examples.labels, classCount: 10).counts == histogram)
            let sum = examples.features.withUnsafeValues { $0.reduce(0.0) { $0 + Double($1) } }
            #expect(abs(sum / Double(examples.count * 784) - mean) < 5e-5)
        }
    }

    @Test(
        "The first 600 MNIST labels are those another reader stored as .npy",
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)")
    )
    func agreesWithOtherReader() throws {
        let file = try SharedData.bytes("mnist/train-labels-idx1-ubyte.gz")
        let stored = try NPYArray(path: SharedData.url("formats/npy/mnist_first600_labels_i8.npy").path).integers()
        #expect(stored.count == 600)
        #expect(try Self.values(file).values.prefix(600).map { Int($0) } == stored)
    }
}
