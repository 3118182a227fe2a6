import Attestation
import Coordination
import Ledger

/// What an agent, or the operator, asks a coordinator: the requests of `Protocols/http.md` without their transport.
enum AgentRequest {
    case register(PublicKey, label: String)
    case work(PublicKey, WorkQuery)
    case modelChunk(Digest, Int)
    case beginUpload(UploadPlan)
    case putChunk(task: Digest, round: UInt32, digest: Digest, index: Int, bytes: [UInt8])
    case submit(SignedContribution)
    case leave(PublicKey)
    case receipt(UInt64)
    case entries(UInt64)
    case open(Int)
}

/// What a coordinator answers.
enum CoordinatorResponse {
    case registered(ParticipantNumber, sequence: UInt64)
    case work(WorkAnswer)
    case modelChunk([UInt8])
    case missing([Int])
    case done
    case contribution(ContributionAnswer)
    case receipt(String)
    case entries([[UInt8]])
    case opened
    case problem(CoordinationError)
}
