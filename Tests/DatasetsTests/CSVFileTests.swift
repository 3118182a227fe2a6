import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("CSV files")
struct CSVFileTests {
    /// A table's contents in copyable form.
    private struct Table: Equatable {
        var features: [Float]
        var labels: [UInt8]
        var groups: [Int]?
        var names: [String]?
    }

    private static func table(
        _ text: String,
        _ options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> Table {
        try table(Array(text.utf8), options)
    }

    private static func table(
        _ bytes: [UInt8],
        _ options: CSVOptions = CSVOptions()
    ) throws(DatasetError) -> Table {
        let file = try CSVFile(bytes.span.bytes, name: "test", options: options)
        return Table(
            features: file.features.withUnsafeValues { Array($0) },
            labels: file.labels,
            groups: file.groups,
            names: file.featureNames
        )
    }

    @Test(
        "With or without header, with either line end, quoted or not, the table is the same",
        arguments: [
            "1,2.5,0\n-3,4e-1,1\n", "1,2.5,0\r\n-3,0.4,1", "a,b,label\n1,2.5,0\n-3,.4,1\n\n",
            "\u{FEFF}\"1\",\"2.5\",\"0\"\n\n -3 ,+4.0E-01,1.0\r\n",
        ]
    )
    func readsVariants(text: String) throws {
        let table = try Self.table(text)
        #expect(table.features == [1, 2.5, -3, 0.4])
        #expect(table.labels == [0, 1])
        #expect(table.names == (text.hasPrefix("a") ? ["a", "b"] : nil))
    }

    @Test("Label and group columns are found by name or number, and are no features")
    func findsColumns() throws {
        let text = "site,\"the \"\"class\"\"\",x\nrome,1,5\nparis,0,6\nrome,1,7\n"
        let expected = Table(features: [5, 6, 7], labels: [1, 0, 1], groups: [0, 1, 0], names: ["x"])
        let byName = CSVOptions(labelColumn: .name("the \"class\""), groupColumn: .name("site"))
        #expect(try Self.table(text, byName) == expected)
        let byNumber = CSVOptions(labelColumn: .index(1), groupColumn: .index(0))
        #expect(try Self.table(text, byNumber) == expected)
    }

    @Test(
        "A bad cell is named by line and column",
        arguments: [
            ("1,2,0\n1,x,0\n", 2, 2), ("1,2,0\n1,,0\n", 2, 2), ("1,2,0\n1,2,256\n", 2, 3), ("1,2,0\n1,2,0.5\n", 2, 3),
            ("1,2,0\n1,2,-1\n", 2, 3), ("1,2,0\n1,nan,0\n", 2, 2), ("1,2,0\n1,inf,0\n", 2, 2),
            ("1,2,0\n1e39,2,0\n", 2, 1), ("1,2,0\n0x10,2,0\n", 2, 1), ("1,2,0\n1,2\n", 2, 0),
            ("1,2,0\n1,2,3,4\n", 2, 0), ("1,2,0\n\"1\"x,2,0\n", 2, 2), ("1,2,0\n1\"1\",2,0\n", 2, 1),
            ("1,2,0\n1,\"2,0\n", 2, 2), ("a,\"b\nb\",c\n1,2,0\n1,?,0\n", 4, 2), ("1,2,0\n1e,2,0\n", 2, 1),
            ("1,2,0\n1e5e,2,0\n", 2, 1), ("1,2,0\n-,2,0\n", 2, 1), ("1,2,0\n1.2.3,2,0\n", 2, 1),
        ]
    )
    func namesBadCells(text: String, line: Int, column: Int) {
        do throws(DatasetError) {
            _ = try Self.table(text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.code == .invalidCell)
            #expect(error.place == .cell(line: line, column: column), "\(error)")
        }
    }

    @Test("Missing columns and empty files are refused")
    func refusesOthers() {
        let missing = CSVOptions(labelColumn: .name("y"))
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) { try Self.table("a,b\n1,2\n", missing) }
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) { try Self.table("1,2\n", missing) }
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) {
            try Self.table("1,2\n", CSVOptions(labelColumn: .index(2)))
        }
        #expect(throws: DatasetError(.invalidHeader, "", advice: "")) { try Self.table("1\n2\n") }
        #expect(throws: DatasetError(.truncated, "", advice: "")) { try Self.table("") }
        #expect(throws: DatasetError(.truncated, "", advice: "")) { try Self.table("a,b\n") }
        let long = String(repeating: "1", count: DatasetLimits.csvCellByteCount + 1)
        #expect(throws: DatasetError(.limit, "", advice: "")) { try Self.table("\(long),1\n") }
        let wide = String(repeating: "1,", count: DatasetLimits.csvColumnCount)
        #expect(throws: DatasetError(.limit, "", advice: "")) { try Self.table("\(wide)1\n") }
    }

    @Test("Numbers are read as the standard library reads them")
    func readsNumbers() throws {
        var generator = SeededGenerator(seed: 5, stream: "test")
        var texts = [
            "0", "-0", "9007199254740993", "123456789012345678901234567890", "1e22", "1e-22", "1e23", "4.9e-46",
        ]
        for _ in 0..<5_000 {
            let digits = String(generator.next() >> UInt64(generator.nextIndex(below: 64)))
            let point = generator.nextIndex(below: digits.count)
            let exponent = generator.nextIndex(below: 40) - 25
            texts.append(String(digits.prefix(point + 1)) + "." + String(digits.dropFirst(point + 1)) + "e\(exponent)")
        }
        for text in texts {
            let expected = Float(try #require(Double(text)))
            guard expected.isFinite else { continue }
            #expect(try Self.table("\(text),0\n").features == [expected], "\(text)")
        }
    }

    @Test("Mutated tables are read or refused with a typed error")
    func survivesMutations() {
        let seeds = ["1,2.5,0\r\n-3,4e-1,1\n", "a,\"b\"\"c\",label\n1,2.5,0\n\"-3\",.4,1\n"].map { Array($0.utf8) }
        var mutator = Mutator(seed: 6)
        for _ in 0..<Mutator.inputCount {
            let input = mutator.mutate(seeds)
            do throws(DatasetError) {
                let table = try Self.table(input)
                #expect(table.features.allSatisfy { $0.isFinite })
                #expect(table.features.count % table.labels.count == 0)
            } catch {
                #expect(!error.reason.isEmpty && !error.advice.isEmpty)
            }
        }
    }
}
