package import Attestation
internal import FoundationEssentials
package import NIOCore
internal import SwiftProtobuf
package import Wire

extension CoordinatorConnection: CoordinatorCalls {
    package func register(_ request: WireRegistrationRequest) async throws(AgentError) -> WireRegistration {
        try await ask("POST", "/v1/participants", request)
    }

    package func leave() async throws(AgentError) {
        _ = try await send("DELETE", "/v1/participants/me")
    }

    package func work(_ request: WireWorkRequest) async throws(AgentError) -> WireWork {
        try await ask(
            "POST", "/v1/work", request, timeoutMs: Int64(request.waitMs) + AgentLimits.workGraceMs)
    }

    package func taskText(_ id: Digest) async throws(AgentError) -> [UInt8] {
        Array(buffer: try await send("GET", "/v1/tasks/\(id.hex)", answerLimit: AgentLimits.taskByteCount))
    }

    package func manifest(of blob: Digest) async throws(AgentError) -> WireBlobManifest {
        try await ask("GET", "/v1/blobs/\(blob.hex)", answerLimit: WireLimits.manifestByteCount)
    }

    package func chunk(_ index: Int, of blob: Digest) async throws(AgentError) -> ByteBuffer {
        try await send(
            "GET", "/v1/blobs/\(blob.hex)/chunks/\(index)", answerLimit: BlobDigest.chunkByteCount,
            timeoutMs: AgentLimits.chunkMs)
    }

    package func beginUpload(
        of blob: Digest, _ request: WireUploadRequest
    ) async throws(AgentError) -> WireUploadProgress {
        try await ask("POST", "/v1/updates/\(blob.hex)", request, answerLimit: WireLimits.manifestByteCount)
    }

    package func putChunk(_ index: Int, of blob: Digest, _ bytes: ByteBuffer) async throws(AgentError) {
        _ = try await send(
            "PUT", "/v1/updates/\(blob.hex)/chunks/\(index)", body: .raw(bytes), timeoutMs: AgentLimits.chunkMs)
    }

    package func contribute(_ request: WireContributionRequest) async throws(AgentError) -> WireContributionReply {
        try await ask("POST", "/v1/contributions", request)
    }

    package func account() async throws(AgentError) -> WireAccountReply {
        try await ask("GET", "/v1/account")
    }

    package func receipt(_ sequence: UInt64) async throws(AgentError) -> [UInt8] {
        Array(
            buffer: try await send("GET", "/v1/receipts/\(sequence)", answerLimit: AgentLimits.receiptByteCount))
    }
}
