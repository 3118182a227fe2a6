package import Attestation
package import NIOCore
package import Wire

/// What an agent asks of its coordinator, one try each; Protocols/http.md has the endpoints. The agent's loop knows no
/// more of the network than this.
///
/// Every call throws `AgentError`: `unreachable` or `unknownHost` for a link that failed, `wrongCertificate`, `refused`
/// with the coordinator's problem, `notFound`, or `unexpectedAnswer`.
package protocol CoordinatorCalls: Sendable {
    /// `GET /v1/coordinator`, its log key checked against the join string's (`wrongLogKey`).
    func information() async throws(AgentError) -> WireCoordinatorInfo
    /// `POST /v1/participants`.
    func register(_ request: WireRegistrationRequest) async throws(AgentError) -> WireRegistration
    /// `DELETE /v1/participants/me`.
    func leave() async throws(AgentError)
    /// `POST /v1/work`.
    func work(_ request: WireWorkRequest) async throws(AgentError) -> WireWork
    /// `GET /v1/tasks/{id}`.
    func taskText(_ id: Digest) async throws(AgentError) -> [UInt8]
    /// `GET /v1/blobs/{digest}`.
    func manifest(of blob: Digest) async throws(AgentError) -> WireBlobManifest
    /// `GET /v1/blobs/{digest}/chunks/{i}`, not yet checked.
    func chunk(_ index: Int, of blob: Digest) async throws(AgentError) -> ByteBuffer
    /// `POST /v1/updates/{digest}`.
    func beginUpload(of blob: Digest, _ request: WireUploadRequest) async throws(AgentError) -> WireUploadProgress
    /// `PUT /v1/updates/{digest}/chunks/{i}`.
    func putChunk(_ index: Int, of blob: Digest, _ bytes: ByteBuffer) async throws(AgentError)
    /// `POST /v1/contributions`.
    func contribute(_ request: WireContributionRequest) async throws(AgentError) -> WireContributionReply
    /// `GET /v1/account`.
    func account() async throws(AgentError) -> WireAccountReply
    /// `GET /v1/receipts/{sequence}`, not yet checked.
    func receipt(_ sequence: UInt64) async throws(AgentError) -> [UInt8]
}
