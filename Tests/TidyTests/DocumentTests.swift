import Testing

@Suite("The documents match the house")
struct DocumentTests {
    let repository = Repository.checkout

    var documents: [Repository.TextFile] {
        repository.textFiles(suffixes: ["md"]).filter { !$0.path.hasPrefix("Tests/") }
    }

    @Test("The README names the two commands a newcomer needs", arguments: ["./run demo", "./run test"])
    func readme(command: String) throws {
        let text = try #require(repository.text("README.md"), "there is no README.md")
        let isNamed = text.contains(command)
        #expect(isNamed, "README.md does not say \(command)")
    }

    @Test("Every relative link leads to a file")
    func links() {
        for document in documents {
            let folder = document.path.split(separator: "/").dropLast().joined(separator: "/")
            for link in Self.links(in: document.text) {
                let path = Self.resolved(link, in: folder)
                #expect(repository.exists(path), "\(document.path): the link to \(link) leads nowhere")
            }
        }
    }

    @Test("Every verb that a document gives is a verb of ./run")
    func verbs() throws {
        let script = try #require(repository.text("run"))
        for document in documents {
            let words = document.text.split { $0.isWhitespace || $0 == "`" }
            for (command, verb) in zip(words, words.dropFirst()) where command == "./run" {
                let name = verb.prefix { $0.isLowercase }
                guard !name.isEmpty, name == verb.prefix(while: { $0.isLetter || $0 == "-" }) else { continue }
                let isVerb = script.contains("verb_\(name)() {")
                #expect(isVerb, "\(document.path): ./run has no verb \(name)")
            }
        }
    }

    @Test("Decision records are numbered without gaps and say the question, the choice and the price")
    func decisions() {
        let records = repository.textFiles(below: "docs/decisions", suffixes: ["md"])
        #expect(!records.isEmpty)
        for (index, record) in records.enumerated() {
            let number = "0000\(index + 1)".suffix(4)
            #expect(record.baseName.hasPrefix("\(number)-"), "\(record.path): expected number \(number)")
            #expect(record.text.hasPrefix("# \(number) "), "\(record.path): its title begins with its number")
            for heading in ["## Question", "## Choice", "## What we gave up"] {
                #expect(record.lines.contains { $0 == heading }, "\(record.path): no heading \(heading)")
            }
        }
    }

    /// Targets of the markdown links to files, outside fenced blocks, without their fragments.
    static func links(in text: String) -> [String] {
        var isFenced = false
        var links: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isFenced.toggle() }
            guard !isFenced else { continue }
            for piece in line.split(separator: "](", omittingEmptySubsequences: false).dropFirst() {
                let link = piece.prefix { $0 != ")" && $0 != "#" && $0 != " " }
                if !link.isEmpty, !link.contains(":") { links.append(String(link)) }
            }
        }
        return links
    }

    /// A relative link as a path below the root.
    static func resolved(_ link: String, in folder: String) -> String {
        var parts: [Substring] = folder.split(separator: "/")
        for part in link.split(separator: "/") where part != "." {
            if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
