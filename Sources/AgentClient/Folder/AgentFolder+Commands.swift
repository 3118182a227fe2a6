internal import FoundationEssentials

/// Commands to show to somebody who is to run them.
extension AgentFolder {
    /// A command of `tributary agent` for this folder, as it can be pasted into a shell anywhere on this machine:
    /// `--home` is there where the folder is not the one that is taken without it.
    package func command(_ words: String) -> String {
        let standard = Self.defaultPath(environment: ProcessInfo.processInfo.environment)
        return "tributary agent \(words)\(path == standard ? "" : " --home \(Self.shellWord(path))")"
    }

    /// A text as one word of a shell.
    static func shellWord(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy(means(itself:))
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }

    /// Whether a byte means itself to a shell.
    private static func means(itself byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: byte >= 0x80
        }
    }
}
