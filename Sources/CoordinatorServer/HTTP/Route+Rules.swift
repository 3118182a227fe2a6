internal import Attestation
internal import Wire

extension Route {
    /// The roles whose sessions may ask for it; nil where no session is needed.
    var roles: Set<WireRole>? {
        switch self {
        case .health, .readiness, .metrics, .coordinator, .challenge, .openSession: nil
        case .register, .leave, .work, .beginUpload, .putChunk, .contribute, .account: [.participant]
        case .tasks, .taskText, .blob, .blobChunk, .receipt, .checkpoint:
            [.participant, .auditor, .sponsor, .operator]
        case .entries: [.auditor, .sponsor, .operator]
        case .openTask, .invite, .participants, .ban, .units, .closeTask, .fundTask: [.operator]
        }
    }

    /// Most bytes of its body.
    var bodyLimit: Int {
        switch self {
        case .challenge, .openSession, .register, .work, .contribute, .openTask, .invite, .ban, .units:
            WireLimits.messageByteCount
        case .beginUpload: WireLimits.manifestByteCount
        case .putChunk: BlobDigest.chunkByteCount
        default: 0
        }
    }

    /// Whether the session's key must have signed the request: whatever changes something, so that nothing but reading
    /// comes of a stolen token. Chunks are of an upload whose hashes were announced in a signed request.
    var isSigned: Bool {
        switch self {
        case .register, .leave, .work, .beginUpload, .contribute: true
        case .openTask, .invite, .ban, .units, .closeTask, .fundTask: true
        // No default: a new route has to say which it is.
        case .health, .readiness, .metrics, .coordinator, .challenge, .openSession, .tasks, .taskText, .blob,
            .blobChunk, .putChunk, .account, .receipt, .checkpoint, .entries, .participants:
            false
        }
    }

    /// Its name in the metrics.
    var name: String {
        switch self {
        case .health: "healthz"
        case .readiness: "readyz"
        case .metrics: "metrics"
        case .coordinator: "coordinator"
        case .challenge: "challenge"
        case .openSession: "session"
        case .register: "register"
        case .leave: "leave"
        case .work: "work"
        case .tasks: "tasks"
        case .taskText: "task"
        case .blob: "manifest"
        case .blobChunk: "get_chunk"
        case .beginUpload: "begin_upload"
        case .putChunk: "put_chunk"
        case .contribute: "contribute"
        case .account: "account"
        case .receipt: "receipt"
        case .checkpoint: "checkpoint"
        case .entries: "entries"
        case .openTask: "open_task"
        case .invite: "invite"
        case .participants: "participants"
        case .ban: "ban"
        case .units: "units"
        case .closeTask: "close_task"
        case .fundTask: "fund_task"
        }
    }

    /// The names of those by which contributions come: how often they are asked for tells how many have contributed.
    static let namesOfContributing: Set<String> = ["begin_upload", "put_chunk", "contribute", "receipt"]
}
