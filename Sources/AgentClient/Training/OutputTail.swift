/// The end of what a process wrote: at most `TrainerLimits.tailByteCount` bytes, however many there were.
struct OutputTail: Sendable {
    private var bytes: [UInt8] = []
    /// Bytes that the process wrote in all.
    private(set) var totalByteCount = 0

    /// Takes in the next bytes. Complexity: O(count), amortised.
    mutating func append(_ next: UnsafeRawBufferPointer) {
        totalByteCount += next.count
        bytes.append(contentsOf: next.suffix(TrainerLimits.tailByteCount))
        if bytes.count > 2 * TrainerLimits.tailByteCount { trim() }
    }

    private mutating func trim() {
        bytes.removeFirst(max(bytes.count - TrainerLimits.tailByteCount, 0))
    }

    /// The kept text, read as UTF-8.
    var text: String { String(decoding: bytes.suffix(TrainerLimits.tailByteCount), as: UTF8.self) }

    /// The last lines that say something, on one line and without control characters; nil where there are none.
    var lastWords: String? {
        let lines = text.split { $0.isNewline }
            .map { line in
                String(line.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
            }
            .map { $0.split(separator: " ").joined(separator: " ") }
            .filter { !$0.isEmpty }
            .suffix(TrainerLimits.quotedLineCount)
        guard !lines.isEmpty else { return nil }
        let joined = lines.joined(separator: " | ")
        return joined.count > TrainerLimits.quotedCharacterCount
            ? "…" + joined.suffix(TrainerLimits.quotedCharacterCount) : joined
    }
}
