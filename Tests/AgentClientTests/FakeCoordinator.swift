import AgentClient
import Attestation
import Federation
import Foundation
import Ledger
import NIOCore
import SwiftProtobuf
import Tensors
import Training
import Wire

/// A coordinator of one participant without sockets: one task, a round after the other, faults where a test wants them.
actor FakeCoordinator: CoordinatorCalls {
    /// What goes wrong with a call: the request is lost, or the answer to it.
    enum Fault {
        case lostRequest(AgentError)
        case lostAnswer(AgentError)
    }

    static let broken = AgentError(.unreachable, "the link broke")

    /// What its orders prove of the task's funding.
    enum Funding: Sendable {
        /// That the whole pool was issued into the task's account: entry 0.
        case whole
        /// Nothing.
        case absent
        /// An entry of this amount.
        case amount(UInt64)
        /// An entry that pays into another task's account.
        case elsewhere
        /// The right entry, in a log that another key has signed.
        case foreignLog
        /// The right entry, under another number.
        case misnumbered
        /// A contribution's entry.
        case noTransfer
    }

    let signer: NoteSigner
    let taskBytes: [UInt8]
    let taskID: Digest
    let roundCount: UInt32
    var blobs: [Digest: [UInt8]] = [:]
    var model: Digest
    var round: UInt32 = 1
    var remainingMs: UInt64 = 60_000
    var faults: [String: [Fault]] = [:]
    var calls: [String] = []
    var workRequests: [WireWorkRequest] = []
    /// Every contribution request as posted, and the answer to the first of each.
    var posted: [WireContributionRequest] = []
    var answers: [Data: WireContributionReply] = [:]
    var wantsPuts = false
    var uploads: [Digest: (manifest: WireBlobManifest, chunks: [Int: ByteBuffer])] = [:]
    var resendOrders: [WireResendOrder] = []
    var refusal: String?
    var damagedChunkAnswers = 0
    var chunksAtOnce = 0
    var mostChunksAtOnce = 0
    private let pool: UInt64
    private var funding = Funding.whole
    private var entries: [EncodedEntry] = []
    private var previous = Digest.zero

    init(task: TaskConfiguration, rounds: UInt32, signer: NoteSigner) throws {
        self.signer = signer
        pool = task.reward.pool
        taskBytes = Array(task.text.utf8)
        taskID = SHA256.hash(taskBytes)
        roundCount = rounds
        let blob = ParameterBlob(layout: task.architecture.parameterLayout)
        let bytes = blob.header + [UInt8](repeating: 0, count: blob.layout.count * 4)
        model = BlobDigest.digest(of: bytes)
        blobs[model] = bytes
        entries = [try Self.fundingEntry(pool, of: taskID)]
    }

    private static func fundingEntry(_ amount: UInt64, of task: Digest) throws -> EncodedEntry {
        try EncodedEntry(
            sequence: 0, previous: .zero, timeMs: 1,
            body: .transfer(
                Transfer(
                    kind: .emission, debit: .issuance, credit: .pool(task), amount: max(1, amount), task: task,
                    period: 0)))
    }

    /// Changes what its orders prove; to be called before the first.
    func prove(_ funding: Funding) throws {
        self.funding = funding
        switch funding {
        case .amount(let amount): entries = [try Self.fundingEntry(amount, of: taskID)]
        case .elsewhere: entries = [try Self.fundingEntry(pool, of: SHA256.hash([1]))]
        case .noTransfer:
            let key = try Fixtures.key("participant").publicKey
            entries = [
                try EncodedEntry(
                    sequence: 0, previous: .zero, timeMs: 1,
                    body: .participantRegistered(ParticipantRegistered(publicKey: key)))
            ]
        case .whole, .absent, .foreignLog, .misnumbered: break
        }
    }

    func add(blob bytes: [UInt8]) -> Digest {
        let digest = BlobDigest.digest(of: bytes)
        blobs[digest] = bytes
        return digest
    }

    func fail(_ call: String, _ faults: [Fault]) { self.faults[call, default: []] += faults }
    func damage(chunkAnswers count: Int) { damagedChunkAnswers = count }
    func order(resend: WireResendOrder) { resendOrders.append(resend) }
    func forgetUploads() { uploads = [:] }
    func set(remainingMs: UInt64) { self.remainingMs = remainingMs }
    /// Asks for chunks that came with their announcement, as a coordinator of before may.
    func wantPuts() { wantsPuts = true }
    func refuse(_ reason: String) { refusal = reason }
    func chunkCount(of update: Digest) -> Int? { uploads[update]?.chunks.count }
    func count(of call: String) -> Int { calls.filter { $0 == call }.count }

    private func answer<Value>(_ call: String, _ make: () throws(AgentError) -> Value) throws(AgentError) -> Value {
        calls.append(call)
        let fault = faults[call]?.isEmpty == false ? faults[call]?.removeFirst() : nil
        if case .lostRequest(let error) = fault { throw error }
        let value = try make()
        if case .lostAnswer(let error) = fault { throw error }
        return value
    }

    static func problem(_ code: ProblemCode) -> AgentError {
        AgentError(code == .notFound ? .notFound : .refused, "refused", problem: code.rawValue)
    }

    func information() throws(AgentError) -> WireCoordinatorInfo {
        try answer("information") { () throws(AgentError) in
            var information = WireCoordinatorInfo()
            information.origin = signer.verifier.name
            information.verifierKey = signer.verifier.vkey
            information.nowMs = 1_000_000
            information.openTasks = [Data(taskID.bytes)]
            return information
        }
    }

    func register(_ request: WireRegistrationRequest) throws(AgentError) -> WireRegistration {
        try answer("register") { () throws(AgentError) in WireRegistration() }
    }

    func leave() throws(AgentError) { try answer("leave") { () throws(AgentError) in } }

    func work(_ request: WireWorkRequest) async throws(AgentError) -> WireWork {
        workRequests.append(request)
        await Task.yield()
        return try answer("work") { () throws(AgentError) in
            var work = WireWork()
            if !resendOrders.isEmpty {
                work.resend = resendOrders.removeFirst()
            } else if round > roundCount || request.declinedTasks.contains(Data(taskID.bytes)) {
                work.idle.allClosed = true
            } else if request.currentTask == Data(taskID.bytes), request.currentRound == round {
                work.idle.reason = "waiting"
                round += 1
            } else {
                work.train = try order()
            }
            return work
        }
    }

    private func order() throws(AgentError) -> WireTrainingOrder {
        var order = WireTrainingOrder()
        order.task = Data(taskID.bytes)
        order.round = round
        order.baseModel = Data(model.bytes)
        order.baseModelByteCount = UInt64(blobs[model]?.count ?? 0)
        order.nowMs = 5_000_000
        order.deadlineMs = 5_000_000 + remainingMs
        order.previousContribution = Data(previous.bytes)
        order.ledgerRoot = Data(Digest.zero.bytes)
        switch funding {
        case .absent: break
        case .foreignLog:
            guard let stranger = try? NoteSigner(name: signer.verifier.name, key: Fixtures.key("stranger")) else {
                break
            }
            order.funding = Data(try proof(of: 0, signedBy: stranger))
        case .misnumbered:
            order.fundingSequence = 7
            order.funding = Data(try proof(of: 0, signedBy: signer))
        case .whole, .amount, .elsewhere, .noTransfer: order.funding = Data(try proof(of: 0, signedBy: signer))
        }
        return order
    }

    func taskText(_ id: Digest) throws(AgentError) -> [UInt8] {
        try answer("taskText") { () throws(AgentError) in taskBytes }
    }

    func manifest(of blob: Digest) throws(AgentError) -> WireBlobManifest {
        try answer("manifest") { () throws(AgentError) in
            guard let bytes = blobs[blob] else { throw Self.problem(.notFound) }
            let hashes = bytes.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
            return BlobOutline(byteCount: bytes.count, chunkHashes: hashes).manifest
        }
    }

    func chunk(_ index: Int, of blob: Digest) async throws(AgentError) -> ByteBuffer {
        chunksAtOnce += 1
        mostChunksAtOnce = max(mostChunksAtOnce, chunksAtOnce)
        await Task.yield()
        chunksAtOnce -= 1
        return try answer("chunk") { () throws(AgentError) in
            guard let bytes = blobs[blob] else { throw Self.problem(.notFound) }
            let start = index * BlobDigest.chunkByteCount
            var chunk = Array(bytes[start..<min(bytes.count, start + BlobDigest.chunkByteCount)])
            if damagedChunkAnswers > 0 {
                damagedChunkAnswers -= 1
                chunk[0] ^= 1
            }
            return ByteBuffer(bytes: chunk)
        }
    }

    func beginUpload(of blob: Digest, _ request: WireUploadRequest) throws(AgentError) -> WireUploadProgress {
        try answer("beginUpload") { () throws(AgentError) in
            let known = uploads[blob] ?? (request.manifest, [:])
            uploads[blob] = known
            if !request.onlyChunk.isEmpty, !wantsPuts {
                guard BlobDigest.digest(of: [UInt8](request.onlyChunk)) == blob else {
                    throw Self.problem(.wrongDigest)
                }
                uploads[blob]?.chunks[0] = ByteBuffer(bytes: request.onlyChunk)
                return WireUploadProgress()
            }
            var progress = WireUploadProgress()
            for chunk in 0..<request.manifest.chunkHashes.count where known.chunks[chunk] == nil {
                var range = WireChunkRange()
                range.first = UInt32(chunk)
                range.count = 1
                progress.missing.append(range)
            }
            return progress
        }
    }

    func putChunk(_ index: Int, of blob: Digest, _ bytes: ByteBuffer) throws(AgentError) {
        try answer("putChunk") { () throws(AgentError) in
            guard let upload = uploads[blob] else { throw Self.problem(.conflict) }
            let hash = bytes.withUnsafeReadableBytes { BlobDigest.chunkHash(of: $0) }
            guard hash.bytes == [UInt8](upload.manifest.chunkHashes[index]) else { throw Self.problem(.wrongDigest) }
            uploads[blob]?.chunks[index] = bytes
        }
    }

    func contribute(_ request: WireContributionRequest) throws(AgentError) -> WireContributionReply {
        try answer("contribute") { () throws(AgentError) in
            posted.append(request)
            if let known = answers[request.statement] { return known }
            var reply = WireContributionReply()
            if let refusal {
                reply.reason = refusal
            } else {
                reply.accepted = true
                reply.sequence = UInt64(entries.count)
                accept(request)
            }
            answers[request.statement] = reply
            round += 1
            return reply
        }
    }

    private func accept(_ request: WireContributionRequest) {
        let signed = SignedContribution(
            statementBytes: [UInt8](request.statement), signature: [UInt8](request.signature))
        guard let accepted = try? ContributionAccepted(signed),
            let entry = try? EncodedEntry(
                sequence: UInt64(entries.count), previous: entries.last?.leafHash ?? .zero, timeMs: 1,
                body: .contributionAccepted(accepted))
        else { return }
        entries.append(entry)
        previous = signed.digest
    }

    func account() throws(AgentError) -> WireAccountReply {
        try answer("account") { () throws(AgentError) in
            var reply = WireAccountReply()
            reply.balance = UInt64(entries.count - 1) * 1_000_000
            reply.contributions = UInt32(entries.count - 1)
            reply.acceptedSequences = entries.indices.dropFirst().reversed().map { UInt64($0) }
            return reply
        }
    }

    func receipt(_ sequence: UInt64) throws(AgentError) -> [UInt8] {
        try answer("receipt") { () throws(AgentError) in
            guard sequence < UInt64(entries.count) else { throw Self.problem(.notFound) }
            return try proof(of: sequence, signedBy: signer)
        }
    }

    private func proof(of sequence: UInt64, signedBy signer: NoteSigner) throws(AgentError) -> [UInt8] {
        var tree = MerkleTree()
        tree.append(contentsOf: entries.map(\.leafHash))
        do {
            let checkpoint = try Checkpoint(origin: signer.verifier.name, size: tree.count, root: tree.root)
            return Array(
                Receipt(
                    entry: entries[Int(sequence)].bytes, index: sequence,
                    proof: try tree.inclusionProof(of: sequence, inSize: tree.count),
                    checkpoint: try checkpoint.signed(by: signer)
                ).encoded.utf8)
        } catch {
            throw AgentError(.underlying, "\(error)")
        }
    }
}
