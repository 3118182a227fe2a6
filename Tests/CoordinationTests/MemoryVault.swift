import Attestation
import Coordination
import Federation
import Synchronization
import Tensors

/// A vault in memory, whose disk can be told to be full and whose updates and records can be lost.
final class MemoryVault: BlobVault {
    struct Name: Hashable {
        let task: Digest
        let round: UInt32
        let digest: Digest
    }

    struct Upload {
        var bytes: [UInt8]?
        var isFinished = false
        /// Who sent all of it.
        var senders: Set<PublicKey> = []
    }

    struct RecordName: Hashable {
        let task: Digest
        let record: TaskRecord
    }

    struct Content {
        var models: [Digest: [UInt8]] = [:]
        var states: [Digest: [UInt8]] = [:]
        var uploads: [Name: Upload] = [:]
        var records: [RecordName: [UInt8]] = [:]
        var isFull = false
    }

    let content = Mutex(Content())

    /// The data plane: all chunks of an upload at once, from one sender.
    func put(_ name: Name, _ bytes: [UInt8], by sender: PublicKey) {
        content.withLock { content in
            content.uploads[name, default: Upload()].bytes = bytes
            content.uploads[name]?.senders.insert(sender)
        }
    }

    /// Loses a private record, replaces it, or puts it back: nil stands for none.
    func setRecord(_ record: TaskRecord, of task: Digest, _ bytes: [UInt8]?) {
        content.withLock { $0.records[RecordName(task: task, record: record)] = bytes }
    }

    /// The private records of a task.
    func records(of task: Digest) -> [TaskRecord: [UInt8]] {
        let records = content.withLock { $0.records }.filter { $0.key.task == task }
        return Dictionary(uniqueKeysWithValues: records.map { ($0.key.record, $0.value) })
    }

    /// Loses an update, finished or not.
    func lose(_ name: Name) { content.withLock { $0.uploads[name] = nil } }

    /// Damages a finished update.
    func damage(_ name: Name) { content.withLock { $0.uploads[name]?.bytes?[100] ^= 1 } }

    func setFull(_ isFull: Bool) { content.withLock { $0.isFull = isFull } }

    func holdsUpdate(_ name: Name) -> Bool { content.withLock { $0.uploads[name]?.isFinished ?? false } }

    private func write(_ change: (inout Content) -> Void) throws(CoordinationError) {
        let isFull = content.withLock { content in
            if !content.isFull { change(&content) }
            return content.isFull
        }
        if isFull { throw CoordinationError(.diskFull, "the disk is full") }
    }

    func storeModel(
        task: Digest, round: UInt32, digest: Digest, chunkHashes: [Digest]?, header: [UInt8],
        parameters: borrowing ParameterSet
    ) throws(CoordinationError) {
        let bytes = header + parameters.values.withUnsafeValues { [UInt8](UnsafeRawBufferPointer($0)) }
        try write { $0.models[digest] = bytes }
    }

    func storeState(task: Digest, round: UInt32, bytes: [UInt8]) throws(CoordinationError) {
        try write { $0.states[SHA256.hash(bytes)] = bytes }
    }

    func model(task: Digest, digest: Digest) throws(CoordinationError) -> any BlobReading {
        guard let bytes = content.withLock({ $0.models[digest] }) else {
            throw CoordinationError(.notFound, "no model \(digest)")
        }
        return Blob(bytes: bytes)
    }

    func state(task: Digest, digest: Digest) throws(CoordinationError) -> [UInt8] {
        guard let bytes = content.withLock({ $0.states[digest] }) else {
            throw CoordinationError(.notFound, "no state \(digest)")
        }
        return bytes
    }

    func update(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) -> any BlobReading {
        let upload = content.withLock { $0.uploads[Name(task: task, round: round, digest: digest)] }
        guard let upload, upload.isFinished, let bytes = upload.bytes else {
            throw CoordinationError(.notFound, "no update \(digest)")
        }
        return Blob(bytes: bytes)
    }

    func beginUpload(_ plan: UploadPlan) throws(CoordinationError) -> [Range<Int>] {
        let name = Name(task: plan.task, round: plan.round, digest: plan.digest)
        try write { if $0.uploads[name] == nil { $0.uploads[name] = Upload() } }
        return hasUpload(task: plan.task, round: plan.round, digest: plan.digest) ? [] : [0..<plan.chunkHashes.count]
    }

    func hasUpload(task: Digest, round: UInt32, digest: Digest) -> Bool {
        content.withLock { $0.uploads[Name(task: task, round: round, digest: digest)]?.bytes != nil }
    }

    func hasUpload(task: Digest, round: UInt32, digest: Digest, by key: PublicKey) -> Bool {
        content.withLock { content in
            let upload = content.uploads[Name(task: task, round: round, digest: digest)]
            return upload?.bytes != nil && upload?.senders.contains(key) == true
        }
    }

    func finishUpload(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        guard hasUpload(task: task, round: round, digest: digest) else {
            throw CoordinationError(.conflict, "chunks of \(digest) are missing")
        }
        try write { $0.uploads[Name(task: task, round: round, digest: digest)]?.isFinished = true }
    }

    func discardUpdate(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        try write { $0.uploads[Name(task: task, round: round, digest: digest)] = nil }
    }

    func endRound(task: Digest, round: UInt32, keeping accepted: Set<Digest>) throws(CoordinationError) {
        try write { content in
            content.uploads = content.uploads.filter { name, _ in
                name.task != task || name.round != round || accepted.contains(name.digest)
            }
        }
    }

    func storeRecord(_ record: TaskRecord, task: Digest, bytes: [UInt8]) throws(CoordinationError) {
        try write { $0.records[RecordName(task: task, record: record)] = bytes }
    }

    func record(_ record: TaskRecord, task: Digest) throws(CoordinationError) -> [UInt8] {
        guard let bytes = content.withLock({ $0.records[RecordName(task: task, record: record)] }) else {
            throw CoordinationError(.notFound, "no record \(record.fileName)")
        }
        return bytes
    }

    func removeRecord(_ record: TaskRecord, task: Digest) throws(CoordinationError) {
        try write { $0.records[RecordName(task: task, record: record)] = nil }
    }

    private struct Blob: BlobReading {
        let bytes: [UInt8]
        var byteCount: Int { bytes.count }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
            bytes.withUnsafeBytes { source in
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + buffer.count]))
            }
        }
    }
}
