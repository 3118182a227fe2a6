import Attestation
import Ledger

/// A contribution as an agent keeps it on its disk until the round is over: the very bytes that are sent, and sent
/// again.
struct KeptContribution {
    /// What the coordinator said of it.
    enum Verdict: Equatable {
        case open
        case accepted(sequence: UInt64)
        case refused
    }

    let task: Digest
    let round: UInt32
    let contribution: SignedContribution
    /// Blob digest of the update.
    let update: Digest
    let chunkHashes: [Digest]
    /// The update's file.
    let blob: [UInt8]
    var verdict = Verdict.open
}

/// What an agent has on its disk. Each write replaces it whole: afterwards the old content is there, or the new.
struct AgentDisk {
    var isRegistered = false
    /// Oldest first.
    var kept: [KeptContribution] = []

    func contribution(to task: Digest, _ round: UInt32) -> KeptContribution? {
        kept.first { $0.task == task && $0.round == round }
    }
}
