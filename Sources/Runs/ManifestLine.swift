import Attestation

/// One file on the manifest: `<sha256 hex>  <bytes>  <relative path>`.
struct ManifestLine: Equatable {
    let digest: Digest
    let byteCount: Int
    let path: String

    var text: String { "\(digest.hex)  \(byteCount)  \(path)\n" }

    init(digest: Digest, byteCount: Int, path: String) {
        self.digest = digest
        self.byteCount = byteCount
        self.path = path
    }

    /// Reads what `text` writes, its line feed removed; nil for anything else.
    init?(_ line: ArraySlice<UInt8>) {
        let hexEnd = line.startIndex + 2 * Digest.byteCount
        let space = UInt8(ascii: " ")
        guard line.count > 2 * Digest.byteCount + 4,
            let countEnd = line[(hexEnd + 2)...].firstIndex(of: space), line.endIndex > countEnd + 2,
            let digest = try? Digest(hex: String(decoding: line[..<hexEnd], as: UTF8.self)),
            let count = Int(String(decoding: line[(hexEnd + 2)..<countEnd], as: UTF8.self)), count >= 0
        else { return nil }
        let path = String(decoding: line[(countEnd + 2)...], as: UTF8.self)
        self.init(digest: digest, byteCount: count, path: path)
        guard Self.isPlain(path), text.utf8.dropLast().elementsEqual(line) else { return nil }
    }

    /// Whether a path stays below the folder, fits on a line and has only one spelling: printable ASCII.
    static func isPlain(_ path: some StringProtocol) -> Bool {
        guard !path.isEmpty, path.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}
