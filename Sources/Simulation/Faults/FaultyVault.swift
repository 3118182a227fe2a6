import Attestation
import Coordination
import Federation
import Tensors

/// A blob vault for one life of a coordinator, over a disk that fails, fills and tears.
struct FaultyVault: BlobVault {
    let disk: VaultDisk
    let life: ProcessLife
    let faults: FaultSource
    /// For a vault that lies: models are not kept.
    var losesModels = false

    func storeModel(
        task: Digest, round: UInt32, digest: Digest, chunkHashes: [Digest]?, header: [UInt8],
        parameters: borrowing ParameterSet
    ) throws(CoordinationError) {
        try beforeWrite()
        let bytes = header + parameters.values.withUnsafeValues { [UInt8](UnsafeRawBufferPointer($0)) }
        if !losesModels || round == 0 { disk.models[digest] = bytes }
        try afterWrite()
    }

    func storeState(task: Digest, round: UInt32, bytes: [UInt8]) throws(CoordinationError) {
        try beforeWrite()
        disk.states[SHA256.hash(bytes)] = bytes
        try afterWrite()
    }

    func model(task: Digest, digest: Digest) throws(CoordinationError) -> any BlobReading {
        guard let bytes = disk.models[digest] else { throw CoordinationError(.notFound, "no model \(digest)") }
        return BlobInMemory(bytes: bytes)
    }

    func state(task: Digest, digest: Digest) throws(CoordinationError) -> [UInt8] {
        guard let bytes = disk.states[digest] else { throw CoordinationError(.notFound, "no state \(digest)") }
        return bytes
    }

    func update(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) -> any BlobReading {
        let name = VaultDisk.UpdateName(task: task, round: round, digest: digest)
        guard let upload = disk.upload(name), upload.isFinished, !upload.written.contains(false) else {
            throw CoordinationError(.notFound, "no finished update \(digest)")
        }
        return BlobInMemory(bytes: upload.bytes)
    }

    func beginUpload(_ plan: UploadPlan) throws(CoordinationError) -> [Range<Int>] {
        try beforeWrite()
        let name = VaultDisk.UpdateName(task: plan.task, round: plan.round, digest: plan.digest)
        if disk.upload(name) == nil {
            disk.begin(
                VaultDisk.Upload(
                    name: name, chunkHashes: plan.chunkHashes, bytes: [UInt8](repeating: 0, count: plan.byteCount),
                    written: [Bool](repeating: false, count: plan.chunkHashes.count)))
        }
        try afterWrite()
        let missing = disk.upload(name)?.missing ?? []
        return missing.map { $0..<$0 + 1 }
    }

    /// The data plane: takes a chunk of an upload.
    ///
    /// - Throws: `conflict` if the upload was not announced, `wrongDigest`.
    func putChunk(
        task: Digest, round: UInt32, digest: Digest, index: Int, bytes: [UInt8]
    ) throws(CoordinationError) {
        let name = VaultDisk.UpdateName(task: task, round: round, digest: digest)
        guard let upload = disk.upload(name), upload.chunkHashes.indices.contains(index) else {
            throw CoordinationError(.conflict, "no upload of \(digest) was announced")
        }
        let hash = bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
        guard bytes.count == upload.range(ofChunk: index).count, hash == [upload.chunkHashes[index]] else {
            throw CoordinationError(.wrongDigest, "chunk \(index) does not have its hash")
        }
        try beforeWrite()
        disk.change(name) { upload in
            upload.bytes.replaceSubrange(upload.range(ofChunk: index), with: bytes)
            upload.written[index] = true
        }
        try afterWrite()
    }

    func hasUpload(task: Digest, round: UInt32, digest: Digest) -> Bool {
        disk.upload(VaultDisk.UpdateName(task: task, round: round, digest: digest)).map { $0.missing.isEmpty } ?? false
    }

    /// The simulated disk does not tell senders apart.
    func hasUpload(task: Digest, round: UInt32, digest: Digest, by key: PublicKey) -> Bool {
        hasUpload(task: task, round: round, digest: digest)
    }

    func finishUpload(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        let name = VaultDisk.UpdateName(task: task, round: round, digest: digest)
        guard let upload = disk.upload(name), upload.missing.isEmpty else {
            throw CoordinationError(.conflict, "chunks of \(digest) are missing")
        }
        guard !upload.isFinished else { return }
        try beforeWrite()
        disk.change(name) { $0.isFinished = true }
        try afterWrite()
    }

    func discardUpdate(task: Digest, round: UInt32, digest: Digest) throws(CoordinationError) {
        try beforeWrite()
        disk.discard(VaultDisk.UpdateName(task: task, round: round, digest: digest))
        try afterWrite()
    }

    func endRound(task: Digest, round: UInt32, keeping accepted: Set<Digest>) throws(CoordinationError) {
        try beforeWrite()
        disk.endRound(task: task, round: round, keeping: accepted)
        try afterWrite()
    }

    func storeRecord(_ record: TaskRecord, task: Digest, bytes: [UInt8]) throws(CoordinationError) {
        try beforeWrite()
        disk.records[VaultDisk.RecordName(task: task, record: record)] = bytes
        try afterWrite()
    }

    func record(_ record: TaskRecord, task: Digest) throws(CoordinationError) -> [UInt8] {
        guard let bytes = disk.records[VaultDisk.RecordName(task: task, record: record)] else {
            throw CoordinationError(.notFound, "no record \(record.fileName) of task \(task)")
        }
        return bytes
    }

    func removeRecord(_ record: TaskRecord, task: Digest) throws(CoordinationError) {
        try beforeWrite()
        disk.records[VaultDisk.RecordName(task: task, record: record)] = nil
        try afterWrite()
    }

    private func beforeWrite() throws(CoordinationError) {
        if faults.crashPoint(life) { throw CoordinationError(.storageFailed, "the process has ended") }
        if faults.isDiskFull {
            faults.tally.failedWrites += 1
            throw CoordinationError(.diskFull, "an injected full disk")
        }
        if faults.strikes(faults.rates.blobFailure) {
            faults.tally.failedWrites += 1
            throw CoordinationError(.storageFailed, "an injected write error")
        }
    }

    private func afterWrite() throws(CoordinationError) {
        if faults.crashPoint(life) { throw CoordinationError(.storageFailed, "the process has ended") }
    }
}

/// A blob's bytes in memory.
struct BlobInMemory: BlobReading {
    let bytes: [UInt8]

    var byteCount: Int { bytes.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FederationError) {
        guard offset >= 0, offset + buffer.count <= bytes.count else {
            throw FederationError(.unusableUpdate, "a read past the end of a blob of \(bytes.count) bytes")
        }
        bytes.withUnsafeBytes { source in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + buffer.count]))
        }
    }
}
