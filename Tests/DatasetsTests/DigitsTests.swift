import Datasets
import Tensors
import Testing

@Suite("Compiled-in digits")
struct DigitsTests {
    @Test("There are 1,797 pictures with the published class counts")
    func histogram() throws {
        let digits = try Dataset.digits()
        #expect(digits.train.count == 1_797)
        #expect(digits.train.featureCount == 64)
        #expect(digits.test == nil)
        #expect(digits.imageShape == Dataset.ImageShape(width: 8, height: 8))
        let histogram = LabelHistogram(labels: digits.train.labels, classCount: 10)
        #expect(histogram.counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    }

    @Test("Pixels are sixteenths from 0 to 1, and the first picture is the published zero")
    func pixels() throws {
        let digits = try Dataset.digits()
        let pixels = digits.train.features.withUnsafeValues { Array($0) }
        #expect(pixels.allSatisfy { (0...1).contains($0) && ($0 * 16).rounded() == $0 * 16 })
        #expect(pixels.prefix(8).map { $0 * 16 } == [0, 0, 5, 13, 9, 1, 0, 0])
        #expect(digits.train.labels.prefix(10) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        // The sum of all pixels of sklearn.datasets.load_digits().
        #expect(pixels.reduce(0) { $0 + Int($1 * 16) } == 561_718)
    }
}
