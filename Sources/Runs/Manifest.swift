package import Attestation
import Foundation
import Tensors

/// `manifest`: the list of a run folder's files with their SHA-256 digests, signed by the coordinator.
///
/// The file is a C2SP signed note that states the number of files and the SHA-256 of the list, a line `--- files ---`,
/// and the list: `<sha256 hex>  <bytes>  <relative path>`, sorted by path bytes. The note signs the list through its
/// digest, so that the list may be longer than a note. Its first line is no log's origin, so it cannot pass for a
/// checkpoint.
package enum Manifest {
    /// First line of the note.
    static let firstLine = "tributary/run-manifest/v1"
    /// What divides note and list.
    static let divider = "--- files ---\n"
    /// SQLite's shared-memory index, which a reader of the ledger may leave behind, is a cache that holds no truth; and
    /// an empty write-ahead log holds nothing.
    static let ledgerCache = "ledger.sqlite-shm"
    static let ledgerWriteAheadLog = "ledger.sqlite-wal"

    /// Lists, signs and writes the manifest of a folder that is otherwise finished.
    ///
    /// - Throws: `RunError` where a file cannot be read or listed (a link, a name with a line break), or the signing
    /// fails.
    package static func write(_ folder: RunFolder, signer: NoteSigner) throws(RunError) {
        try write(items(of: folder), of: folder, to: folder.manifest, signer: signer)
    }

    static func write(
        _ items: [FolderTree.Item], of folder: RunFolder, to file: URL, signer: NoteSigner
    ) throws(RunError) {
        var list = ""
        for item in items {
            guard item.isRegular, ManifestLine.isPlain(item.path) else {
                throw RunError(
                    .malformed,
                    "\(item.path.debugDescription) cannot be listed: not a plain file; remove it"
                )
            }
            list += try line(for: item, in: folder).text
        }
        do {
            let note = try signer.sign(head(count: items.count, list: Array(list.utf8)[...]))
            try DurableFile.write(Array((note.encoded + divider + list).utf8), to: file.path)
        } catch let error as AttestationError {
            throw RunError(.badSignature, "the manifest cannot be signed: \(error.message)")
        } catch let error as RunError {
            throw error
        } catch {
            throw RunError(.fileSystem, "the manifest cannot be written: \(error)")
        }
    }

    /// Compares a folder with its manifest; empty where every file is as it was signed.
    ///
    /// Faults come in the order of their paths, that of the manifest itself first. Where the manifest does not hold,
    /// nothing else is compared.
    ///
    /// - Throws: `RunError` only where the folder cannot be listed.
    package static func verify(_ folder: RunFolder, verifier: NoteVerifier) throws(RunError) -> [ManifestFault] {
        let lines: [ManifestLine]
        do throws(RunError) {
            lines = try read(folder.manifest, verifier: verifier)
        } catch {
            return [ManifestFault(kind: .badManifest, path: "manifest", detail: error.message)]
        }
        var listed = Dictionary(lines.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var faults: [ManifestFault] = []
        for item in try items(of: folder) {
            guard ManifestLine.isPlain(item.path), let expected = listed.removeValue(forKey: item.path) else {
                faults.append(ManifestFault(kind: .extra, path: item.path, detail: "it appeared after signing"))
                continue
            }
            if let fault = fault(of: item, expected: expected, in: folder) { faults.append(fault) }
        }
        faults += listed.values.map {
            ManifestFault(kind: .missing, path: $0.path, detail: "\($0.byteCount) bytes were signed")
        }
        return faults.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Reads the list and checks its signature.
    static func read(_ file: URL, verifier: NoteVerifier) throws(RunError) -> [ManifestLine] {
        let bytes = try DurableFile.read(file.path, limit: RunLimits.manifestByteCount)
        guard let border = border(in: bytes) else { throw RunError(.malformed, "it is not a manifest") }
        let list = bytes[(border + divider.utf8.count)...]
        let note: SignedNote
        do {
            note = try SignedNote(parsing: Array(bytes[..<border]))
            try note.verified(by: [verifier])
        } catch {
            throw RunError(.badSignature, error.message)
        }
        // The list is compared with what was signed before a line of it is read.
        let count = list.count { $0 == newline }
        guard note.text == head(count: count, list: list), list.isEmpty || list.last == newline else {
            throw RunError(.badSignature, "its list is not the one that was signed")
        }
        guard count <= RunLimits.fileCount else {
            throw RunError(.tooLarge, "it lists \(count) files; at most \(RunLimits.fileCount) are read")
        }
        var lines: [ManifestLine] = []
        lines.reserveCapacity(count)
        for line in list.split(separator: newline) {
            guard let line = ManifestLine(line) else {
                throw RunError(.malformed, "line \(lines.count + 1) of its list is not in order")
            }
            lines.append(line)
        }
        return lines
    }

    private static let newline = UInt8(ascii: "\n")

    /// Where the line that divides note and list begins.
    private static func border(in bytes: [UInt8]) -> Int? {
        let mark = Array(divider.utf8)
        var start = 0
        while start + mark.count <= bytes.count {
            if bytes[start...].starts(with: mark) { return start }
            guard let end = bytes[start...].firstIndex(of: newline) else { return nil }
            start = end + 1
        }
        return nil
    }

    private static func head(count: Int, list: ArraySlice<UInt8>) -> String {
        let digest = list.withUnsafeBytes { SHA256.hash($0) }
        return "\(firstLine)\nfiles \(count)\nsha256 \(digest.hex)\n"
    }

    /// The files a manifest is about.
    private static func items(of folder: RunFolder) throws(RunError) -> [FolderTree.Item] {
        try FolderTree.items(below: folder.url.path).filter {
            $0.path != "manifest" && $0.path != ledgerCache && !($0.path == ledgerWriteAheadLog && $0.byteCount == 0)
        }
    }

    private static func line(for item: FolderTree.Item, in folder: RunFolder) throws(RunError) -> ManifestLine {
        do {
            let file = try MappedFile(path: "\(folder.url.path)/\(item.path)")
            let digest = file.withUnsafeBytes { SHA256.hash($0) }
            return ManifestLine(digest: digest, byteCount: file.count, path: item.path)
        } catch {
            throw RunError(.fileSystem, error.message)
        }
    }

    static func fault(
        of item: FolderTree.Item,
        expected: ManifestLine,
        in folder: RunFolder
    ) -> ManifestFault? {
        guard item.isRegular else {
            return ManifestFault(kind: .changed, path: item.path, detail: "it is no longer a plain file")
        }
        guard item.byteCount == expected.byteCount else {
            let detail = "\(item.byteCount) bytes instead of \(expected.byteCount)"
            return ManifestFault(kind: .changed, path: item.path, detail: detail)
        }
        do throws(RunError) {
            let found = try line(for: item, in: folder)
            if found == expected { return nil }
            let detail = "SHA-256 \(found.digest.hex.prefix(16))… instead of \(expected.digest.hex.prefix(16))…"
            return ManifestFault(kind: .changed, path: item.path, detail: detail)
        } catch {
            return ManifestFault(kind: .unreadable, path: item.path, detail: error.message)
        }
    }
}
