import Testing

@Suite("Files, functions and lines stay short")
struct ShapeTests {
    let repository = Repository.checkout

    /// What people write in a programming language; data compiled in as a C array is not.
    var code: [Repository.TextFile] {
        ["Sources", "Tests"].flatMap { repository.textFiles(below: $0, suffixes: ["swift", "c", "h"]) }
            .filter { $0.module != "CDigits" }
    }

    @Test("A source file has at most 500 lines, a test file 600")
    func files() {
        for file in code {
            let isShort = file.path.hasPrefix("Sources/") && !FloorPlan.longFiles.contains(file.path)
            let limit = isShort ? FloorPlan.sourceLineLimit : FloorPlan.testLineLimit
            #expect(file.lineCount <= limit, "\(file.path): \(file.lineCount) lines; split it by capability")
        }
    }

    @Test("A function has at most 70 lines")
    func functions() {
        for file in code where file.path.hasSuffix(".swift") {
            for function in SwiftText(file.text).functions {
                #expect(
                    function.lineCount <= FloorPlan.functionLineLimit,
                    "\(file.path):\(function.line): \(function.name) has \(function.lineCount) lines"
                )
            }
        }
    }

    @Test("A line has at most 120 characters; a string that cannot be broken, 240")
    func lines() {
        for file in code {
            let isSwift = file.path.hasSuffix(".swift")
            let bare =
                isSwift ? SwiftText(file.text).code.split(separator: newline, omittingEmptySubsequences: false) : []
            for (index, line) in file.lines.enumerated() where line.count > FloorPlan.columnLimit {
                let isComment = line.drop { $0 == " " }.hasPrefix("//")
                let width = bare.indices.contains(index) && !isComment ? Self.width(bare[index]) : line.count
                let fits = width <= FloorPlan.columnLimit && line.count <= 2 * FloorPlan.columnLimit
                #expect(fits, "\(file.path):\(index + 1): \(line.count) characters")
            }
        }
    }

    private let newline = UInt8(ascii: "\n")

    /// Columns of a line whose strings are blanked, without the blanks at its end.
    private static func width(_ line: ArraySlice<UInt8>) -> Int {
        (line.lastIndex { !SwiftText.isSpace($0) } ?? line.startIndex - 1) - line.startIndex + 1
    }
}
