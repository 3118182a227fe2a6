/// What Package.swift says about its targets, read from its text.
///
/// Targets are declared literally (`.target(name: "A", dependencies: ["B"])`) or by the manifest's two helpers,
/// `room("A", ["B"])` for a library and `tests(of: "A", ["C"])` for its tests. A dependency is a string, a call with a
/// `name:`, or a constant `let c = Target.Dependency.product(name: "P", package: "p")`.
struct Manifest {
    struct Target: Equatable {
        enum Kind: String { case target, executableTarget, testTarget, systemLibrary }
        let kind: Kind
        let name: String
        /// Names of the targets and products it depends on.
        let dependencies: [String]
    }

    let targets: [Target]

    init(_ text: String) {
        let clean = Self.withoutComments(text)
        let constants = Self.constants(in: clean)
        targets = Self.calls(in: Array(clean.utf8)).compactMap { call in
            let names = Self.dependencies(in: call.body, constants: constants)
            switch call.word {
            case "room":
                return Self.firstString(in: call.body).map { Target(kind: .target, name: $0, dependencies: names) }
            case "tests":
                return Self.firstString(in: call.body).map {
                    Target(kind: .testTarget, name: "\($0)Tests", dependencies: [$0, "TestSupport"] + names)
                }
            default:
                guard let kind = Target.Kind(rawValue: call.word),
                    let name = Self.string(labelled: "name", in: call.body)
                else { return nil }
                return Target(kind: kind, name: name, dependencies: names)
            }
        }
    }

    /// Targets by name.
    var targetsByName: [String: Target] {
        Dictionary(targets.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The manifest has no string with `//` but web addresses, whose `//` follows a colon.
    private static func withoutComments(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var previous: Character = " "
            var slashAt: String.Index?
            for index in line.indices {
                let next = line.index(after: index)
                if line[index] == "/", next < line.endIndex, line[next] == "/", previous != ":", slashAt == nil {
                    slashAt = index
                }
                previous = line[index]
            }
            return String(slashAt.map { line[..<$0] } ?? line)
        }.joined(separator: "\n")
    }

    /// Names of products by the constant that stands for them.
    private static func constants(in text: String) -> [String: String] {
        var constants: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: " = Target.Dependency.product(name: \"", maxSplits: 1)
            guard halves.count == 2, halves[0].hasPrefix("let ") else { continue }
            constants[String(halves[0].dropFirst(4))] = String(halves[1].prefix { $0 != "\"" })
        }
        return constants
    }

    /// The calls that declare targets: `.target(…)` and its like, `room(…)`, `tests(…)`; the helpers' own bodies left
    /// out.
    private static func calls(in bytes: [UInt8]) -> [(word: String, body: ArraySlice<UInt8>)] {
        var calls: [(word: String, body: ArraySlice<UInt8>)] = []
        var previous = ""
        var index = 0
        while index < bytes.count {
            guard SwiftText.isWordByte(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, SwiftText.isWordByte(bytes[index]) { index += 1 }
            let word = String(decoding: bytes[start..<index], as: UTF8.self)
            let isMember = start > 0 && bytes[start - 1] == UInt8(ascii: ".")
            let declares = isMember ? Target.Kind(rawValue: word) != nil : ["room", "tests"].contains(word)
            if declares, previous != "func", index < bytes.count, bytes[index] == UInt8(ascii: "("),
                let close = matching(bytes[...], open: index)
            {
                calls.append((word, bytes[index + 1..<close]))
                index = close
            }
            previous = word
        }
        return calls
    }

    /// Index of the bracket that closes the one at `open`, strings passed over.
    private static func matching(_ bytes: ArraySlice<UInt8>, open: Int) -> Int? {
        var depth = 0
        var isInString = false
        for index in open..<bytes.endIndex {
            if bytes[index] == UInt8(ascii: "\"") { isInString.toggle() }
            guard !isInString else { continue }
            if "([".utf8.contains(bytes[index]) { depth += 1 }
            if ")]".utf8.contains(bytes[index]) { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// The string after a label, unless something else follows the label or the string is interpolated.
    private static func string(labelled label: String, in body: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: body, as: UTF8.self)
        guard let match = text.firstRange(of: "\(label):") else { return nil }
        let rest = text[match.upperBound...].drop { $0 == " " || $0 == "\n" }
        return rest.first == "\"" ? firstString(in: Array(rest.utf8)[...]) : nil
    }

    private static func firstString(in body: ArraySlice<UInt8>) -> String? {
        let parts = String(decoding: body, as: UTF8.self)
            .split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 && !parts[1].contains("\\") ? String(parts[1]) : nil
    }

    /// The names in the first list of a declaration.
    private static func dependencies(in body: ArraySlice<UInt8>, constants: [String: String]) -> [String] {
        let list = Array(body)
        guard let open = list.firstIndex(of: UInt8(ascii: "[")), let close = matching(list[...], open: open) else {
            return []
        }
        var names: [String] = []
        var index = open + 1
        while index < close {
            if list[index] == UInt8(ascii: "("), let end = matching(list[...], open: index) {
                if let name = string(labelled: "name", in: list[index + 1..<end]) { names.append(name) }
                index = end
            } else if list[index] == UInt8(ascii: "\""),
                let end = list[(index + 1)...].firstIndex(of: UInt8(ascii: "\""))
            {
                names.append(String(decoding: list[index + 1..<end], as: UTF8.self))
                index = end
            } else if SwiftText.isWordByte(list[index]) {
                let start = index
                while index < close, SwiftText.isWordByte(list[index]) { index += 1 }
                constants[String(decoding: list[start..<index], as: UTF8.self)].map { names.append($0) }
                continue
            }
            index += 1
        }
        return names
    }
}
