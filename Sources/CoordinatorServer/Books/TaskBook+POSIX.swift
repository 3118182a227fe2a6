internal import Attestation
internal import Foundation
internal import Glibc
internal import Ledger
internal import Runs

/// One task's files for people: metrics.csv and events.jsonl as it goes, model, summary and report at its end.
///
/// All of it follows from the ledger; what a crash left out is written after the restart, and nothing twice.
struct TaskBook {
    private let folder: RunFolder
    private let metrics: MetricsFile
    private let events: EventLog
    /// Entries up to here are in events.jsonl.
    private var lastEntry: UInt64?
    /// Rounds up to here are in metrics.csv.
    private var lastRound: Int

    init(path: String) throws {
        try CoordinatorFolder.makeFolder(path)
        folder = RunFolder(at: URL(fileURLWithPath: path))
        try Self.dropBrokenLine(folder.metrics.path)
        try Self.dropBrokenLine(folder.events.path)
        lastRound = 0
        if access(folder.metrics.path, F_OK) == 0 {
            lastRound = try MetricsFile.read(folder.metrics).last?.round ?? 0
        }
        lastEntry = try Self.lastEntry(in: folder.events.path)
        metrics = try MetricsFile(folder.metrics)
        events = try EventLog(folder.events)
    }

    mutating func append(_ event: RunEvent, entry: UInt64) throws {
        if let lastEntry, entry <= lastEntry { return }
        try events.append(event)
        lastEntry = entry
    }

    mutating func append(_ round: RoundSummary) throws {
        guard round.round > lastRound else { return }
        try metrics.append(round)
        lastRound = round.round
    }

    /// Writes what a task ends with, unless it is there; its manifest, which the coordinator signs, comes last.
    func finish(_ summary: RunSummary, model: Digest, signer: NoteSigner) throws {
        guard access(folder.manifest.path, F_OK) != 0 else { return }
        let kept = "\(folder.url.path)/models/\(model.hex).safetensors"
        let temporary = folder.model.path + ".part"
        unlink(temporary)
        // The same file under a second name.
        if link(kept, temporary) == 0, rename(temporary, folder.model.path) != 0 { unlink(temporary) }
        try metrics.flush()
        try events.flush()
        try folder.write(summary)
        try folder.write(ReportPage(summary).html, to: folder.report)
        let tasks = folder.url.deletingLastPathComponent()
        try Manifest.write(
            task: "\(tasks.lastPathComponent)/\(folder.name)", in: RunFolder(at: tasks.deletingLastPathComponent()),
            signer: signer)
    }

    /// Cuts a last line that a crash left without its end.
    private static func dropBrokenLine(_ path: String) throws {
        guard let tail = try tail(of: path), let last = tail.bytes.last, last != UInt8(ascii: "\n") else { return }
        let kept = tail.bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard truncate(path, off_t(tail.start + kept)) == 0 else {
            throw CoordinatorServerError(.fileSystem, "cannot mend \(path): \(CoordinatorFolder.reason(errno))")
        }
    }

    private static func lastEntry(in path: String) throws -> UInt64? {
        guard let tail = try tail(of: path) else { return nil }
        for line in tail.bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            if let entry = object?["entry"] as? Int { return UInt64(entry) }
        }
        return nil
    }

    /// The end of a file: at least one whole line, as lines are shorter.
    private static func tail(of path: String) throws -> (bytes: [UInt8], start: Int)? {
        guard access(path, F_OK) == 0 else { return nil }
        let file = try FileBlob.inVault(path)
        let count = min(file.byteCount, 4 * RunLimits.eventLineByteCount)
        var bytes = [UInt8](repeating: 0, count: count)
        let start = file.byteCount - count
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: start) }
        return (bytes, start)
    }
}
