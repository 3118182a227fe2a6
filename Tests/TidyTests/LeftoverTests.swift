import Foundation
import Testing

@Suite("Nothing is left lying about")
struct LeftoverTests {
    let repository = Repository.checkout

    /// Everything people wrote, but for this suite, which has to name what it looks for.
    var written: [Repository.TextFile] {
        repository.textFiles().filter { !$0.path.hasPrefix("Tests/TidyTests/") && $0.module != "CDigits" }
    }

    @Test("No marker of unfinished work", arguments: ["TODO", "FIXME", "XXX", "HACK"])
    func markers(marker: String) {
        for file in written {
            for (index, line) in file.lines.enumerated() where line.contains(marker) {
                let isWord = line.split { !($0.isLetter || $0.isNumber) }.contains { $0 == marker }
                #expect(!isWord, "\(file.path):\(index + 1): \(marker)")
            }
        }
    }

    @Test(
        "No file names a folder of somebody's machine",
        arguments: ["/work/", "/farm/", "/root/", "/opt/swift", "/home/"]
    )
    func machinePaths(path: String) {
        for file in written {
            for (index, line) in file.lines.enumerated() {
                let isNamed = line.contains(path)
                #expect(!isNamed, "\(file.path):\(index + 1): names \(path)")
            }
        }
    }

    @Test("Sources end with an error, not with the process: no try!, no fatalError")
    func traps() {
        for file in repository.textFiles(below: "Sources", suffixes: ["swift"]) {
            let text = SwiftText(file.text)
            for word in text.words {
                let next = text.byte(after: word.offset + word.text.utf8.count)
                let isTrap =
                    (word.text == "try" && next == UInt8(ascii: "!"))
                    || (word.text == "fatalError" && next == UInt8(ascii: "("))
                #expect(!isTrap, "\(file.path):\(text.line(of: word.offset)): \(word.text)")
            }
        }
    }

    @Test("Only the executable prints")
    func printing() {
        let printers: Set<String> = ["print", "debugPrint", "dump", "NSLog"]
        for file in repository.textFiles(below: "Sources", suffixes: ["swift"])
        where file.module != FloorPlan.executable {
            let text = SwiftText(file.text)
            for word in text.words where printers.contains(word.text) && word.before != UInt8(ascii: ".") {
                let next = text.byte(after: word.offset + word.text.utf8.count)
                #expect(next != UInt8(ascii: "("), "\(file.path):\(text.line(of: word.offset)): \(word.text)")
            }
        }
    }

    @Test("What a build writes is not committed", arguments: [".build/", "Package.resolved", "runs/"])
    func buildProducts(name: String) throws {
        let ignored = try #require(repository.text(".gitignore"))
        #expect(ignored.split(separator: "\n").contains { $0 == name }, ".gitignore does not name \(name)")
        // The index lists the committed paths in clear; in a worktree or an archive there is none to look at.
        guard let index = try? Data(contentsOf: repository.root.appendingPathComponent(".git/index")) else { return }
        #expect(index.range(of: Data("\0\(name)".utf8)) == nil, "\(name) is in git's index")
    }
}
