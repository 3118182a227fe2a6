import Coordination

extension FaultyAgent {
    /// Its stage in a word.
    var stageName: String {
        switch stage {
        case .joining: "joining"
        case .asking: "asking"
        case .downloading(let order, _): "downloading for round \(order.round)"
        case .training(let order): "training round \(order.round)"
        case .saving: "saving"
        case .beginning(let kept): "announcing round \(kept.round)'s update"
        case .sending(let kept, _): "sending round \(kept.round)'s update"
        case .submitting(let kept): "submitting for round \(kept.round)"
        case .fetchingReceipt: "fetching a receipt"
        case .spying: "spying"
        case .leaving: "leaving"
        case .away: "away"
        }
    }
}

extension AgentRequest {
    /// The request in a few words.
    var brief: String {
        switch self {
        case .register: "register"
        case .work: "work"
        case .modelChunk(_, let index): "model chunk \(index)"
        case .beginUpload(let plan): "begin upload for round \(plan.round)"
        case .putChunk(_, let round, _, let index, _): "chunk \(index) for round \(round)"
        case .submit: "submit"
        case .leave: "leave"
        case .receipt(let sequence): "receipt \(sequence)"
        case .entries: "entries"
        case .open(let task): "open task \(task)"
        }
    }

    /// How long its sender waits.
    var timeoutMs: UInt64 {
        if case .work = self { SimulationLimits.parkedPollMs + 10_000 } else { 10_000 }
    }
}

extension CoordinatorResponse {
    /// The answer in a few words.
    var brief: String {
        switch self {
        case .registered(let number, _): "participant \(number)"
        case .work(.train(let order)): "train round \(order.round)"
        case .work(.resend(_, let round, _)): "resend for round \(round)"
        case .work(.idle(let reason, _)): "idle: \(reason)"
        case .modelChunk(let bytes): "\(bytes.count) bytes"
        case .missing(let chunks): "\(chunks.count) chunks missing"
        case .done: "done"
        case .contribution(let answer): "\(answer)"
        case .receipt: "a receipt"
        case .entries(let entries): "\(entries.count) entries"
        case .opened: "opened"
        case .problem(let error): "problem: \(error)"
        }
    }
}
