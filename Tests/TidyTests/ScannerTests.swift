import Testing

@Suite("The tidy test's own readers")
struct ScannerTests {
    @Test("Braces and words in strings, interpolations and comments are not code")
    func blanks() {
        let source = ##"""
            let a = "{ \(f("}")) print(" // {
            /* { /* { */ } */ let b = #"{ " \#(g("{")) }"# + "x"
            """##
        let code = String(decoding: SwiftText(source).code, as: UTF8.self)
        #expect(!code.contains("{") && !code.contains("}") && !code.contains("print"))
        #expect(code.contains("let b"))
        #expect(code.utf8.count == source.utf8.count)
    }

    @Test("A multi-line string is blanked and keeps its lines")
    func multilineStrings() {
        let quotes = "\"\"\""
        let text = SwiftText("let a = \(quotes)\n  { \"quoted\" {\n  \(quotes)\nlet b = 1")
        #expect(text.words.map(\.text) == ["let", "a", "let", "b", "1"])
        #expect(text.line(of: text.words[2].offset) == 4)
    }

    @Test("Functions are measured from their declaration to their closing brace")
    func functions() {
        let source = """
            protocol P {
                func without(_ body: () -> Int)
                init(x: Int)
            }
            struct S {
                init(x: Int) { self.init() }
                func outer(
                    _ body: () -> Int = { 1 }
                ) -> Int {
                    func inner() {
                    }
                    return 1
                }
                subscript(i: Int) -> Int { 0 }
                deinit {
                }
            }
            """
        #expect(
            SwiftText(source).functions == [
                .init(name: "init", line: 6, lineCount: 1),
                .init(name: "outer", line: 7, lineCount: 7),
                .init(name: "inner", line: 10, lineCount: 2),
                .init(name: "subscript", line: 14, lineCount: 1),
                .init(name: "deinit", line: 15, lineCount: 2),
            ]
        )
    }

    @Test("Imports are found whatever their access level")
    func imports() {
        let source = "package import A\ninternal import B\n@preconcurrency import struct C.D\n// import E\nimport F\n"
        #expect(SwiftText(source).imports == ["A", "B", "C", "F"])
    }

    @Test("Targets and their dependencies are read from the manifest")
    func manifest() {
        let text = """
            // .target(name: "Ghost")
            let urls: [Package.Dependency] = [.package(url: "https://x.y/z.git", exact: "1.0.0")]
            let package = Package(name: "p", dependencies: urls, targets: [
                .systemLibrary(name: "C"),  // a library
                .target(name: "A", dependencies: ["C", .product(name: "Q", package: "z"), .target(name: "B")]),
                .testTarget(name: "ATests", dependencies: ["A"]), .target(name: "D"),
                .systemLibrary(name: "E", providers: [.apt(["libe-dev"])]),
            ])
            """
        #expect(
            Manifest(text).targets == [
                .init(kind: .systemLibrary, name: "C", dependencies: []),
                .init(kind: .target, name: "A", dependencies: ["C", "Q", "B"]),
                .init(kind: .testTarget, name: "ATests", dependencies: ["A"]),
                .init(kind: .target, name: "D", dependencies: []),
                .init(kind: .systemLibrary, name: "E", dependencies: []),
            ]
        )
    }

    @Test("The manifest's helpers and constants are understood")
    func manifestHelpers() {
        let text = """
            let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
            func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
                .target(name: name, dependencies: dependencies, swiftSettings: strict)
            }
            func tests(of name: String) -> Target {
                .testTarget(name: "\\(name)Tests", dependencies: [.target(name: name), "TestSupport"])
            }
            let package = Package(name: "p", targets: [room("A", ["B", grdb]), room("D"), tests(of: "A", ["B"])])
            """
        #expect(
            Manifest(text).targets == [
                .init(kind: .target, name: "A", dependencies: ["B", "GRDB"]),
                .init(kind: .target, name: "D", dependencies: []),
                .init(kind: .testTarget, name: "ATests", dependencies: ["A", "TestSupport", "B"]),
            ]
        )
    }
}
