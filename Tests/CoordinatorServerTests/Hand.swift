import Attestation
import Federation
import Foundation
import Ledger
import SwiftProtobuf
import Tensors
import Testing
import Training
import Wire

/// A participant of the test: what an agent does, in as few lines as possible.
struct Hand: Sendable {
    let room: ServerRoom
    let key: SigningKey
    var token: String

    func work(waitMs: UInt32 = 5_000, doneWith order: WireTrainingOrder? = nil) async throws -> WireWork {
        var request = WireWorkRequest()
        request.waitMs = waitMs
        if let order { (request.currentTask, request.currentRound) = (order.task, order.round) }
        let answer = try await room.send("POST", "/v1/work", token: token, message: request)
        #expect(answer.status == 200)
        return try WireWork(serializedBytes: answer.bytes)
    }

    func plan(_ order: WireTrainingOrder, _ update: SmallTask.Update) -> WireUploadRequest {
        var request = WireUploadRequest()
        request.task = order.task
        request.round = order.round
        request.manifest.byteCount = UInt64(update.bytes.count)
        request.manifest.chunkHashes = update.hashes.map { Data($0.bytes) }
        return request
    }

    /// Announces an update; the chunks that the coordinator wants.
    func announce(_ order: WireTrainingOrder, _ update: SmallTask.Update) async throws -> [WireChunkRange] {
        let path = "/v1/updates/\(update.digest.hex)"
        let answer = try await room.send("POST", path, token: token, message: plan(order, update))
        #expect(answer.status == 200, "\(answer.problem ?? "")")
        return try WireUploadProgress(serializedBytes: answer.bytes).missing
    }

    /// - Parameter possession: what the statement says of the bytes; the truth where nothing is given.
    func statement(
        _ order: WireTrainingOrder, _ text: String, _ update: SmallTask.Update, possession: Digest? = nil
    ) throws -> WireContributionRequest {
        let task = try Digest(bytes: order.task)
        let statement = ContributionStatement(
            task: task, round: order.round, participantKey: key.publicKey,
            baseModel: try Digest(bytes: order.baseModel), configuration: task, update: update.digest,
            parameterCount: UInt64(try TaskConfiguration(text: text).architecture.parameterLayout.count),
            sampleCount: 10, stepCount: 1, nonce: [UInt8](repeating: 7, count: 16),
            previousContribution: try Digest(bytes: order.previousContribution),
            ledgerRootSeen: try Digest(bytes: order.ledgerRoot),
            possession: possession ?? ContributionStatement.possession(of: update.bytes, by: key.publicKey))
        var request = WireContributionRequest()
        request.statement = Data(statement.encoded)
        request.signature = Data(try key.sign(SigningDomain.contribution.message(for: statement.encoded)))
        return request
    }

    func contribute(_ request: WireContributionRequest) async throws -> ServerRoom.Answer {
        try await room.send("POST", "/v1/contributions", token: token, message: request)
    }

    /// Uploads an update of one chunk and states it.
    @discardableResult
    func contribute(
        _ order: WireTrainingOrder, _ text: String, value: Float
    ) async throws -> (reply: WireContributionReply, update: SmallTask.Update) {
        let update = try SmallTask.update(text, value: value)
        _ = try await announce(order, update)
        let put = try await room.send("PUT", "/v1/updates/\(update.digest.hex)/chunks/0", token: token, update.bytes)
        #expect(put.status == 204)
        let answer = try await contribute(try statement(order, text, update))
        let reply = try WireContributionReply(serializedBytes: answer.bytes)
        #expect(reply.accepted, "\(reply.reason): \(reply.detail)")
        return (reply, update)
    }
}

extension ServerRoom {
    /// A participant that has joined.
    func hand(_ label: String, invitation: String = "") async throws -> Hand {
        let (key, token) = try await participant(label, invitation: invitation)
        return Hand(room: self, key: key, token: token)
    }

    /// Opens a task as the operator.
    func open(_ text: String) async throws -> WireOpenTaskReply {
        var request = WireOpenTaskRequest()
        request.text = text
        let answer = try await send("POST", "/v1/tasks", token: operatorSession(), message: request)
        let problem = (try? WireProblem(serializedBytes: answer.bytes))?.message ?? ""
        #expect(answer.status == 200, "\(problem)")
        return try WireOpenTaskReply(serializedBytes: answer.bytes)
    }

    /// A status and the answer's bytes.
    func get(_ path: String, _ token: String) async throws -> Answer { try await send("GET", path, token: token) }

    /// Ledger entries that a session may read, the root over them, and how many it is told that there are.
    func entries(_ token: String) async throws -> (entries: [Entry], root: Digest, size: UInt64) {
        let page = try WireEntryPage(
            serializedBytes: try await get("/v1/ledger/entries?from=0&count=1000", token).bytes)
        let entries = try page.entries.map { try EncodedEntry(decoding: [UInt8]($0)) }
        var tree = MerkleTree()
        tree.append(contentsOf: entries.map(\.leafHash))
        return (entries.map(\.entry), tree.root, page.ledgerSize)
    }
}
