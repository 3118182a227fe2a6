import Attestation
import Ledger

/// A ledger's entries gathered by round, each with its place, so that a fault can name it.
struct RunHistory {
    /// One round of a task.
    struct Round {
        let opened: RoundOpened
        let openedAt: UInt64
        /// Participants that were registered then.
        let population: Int
        var accepted: [(sequence: UInt64, statement: ContributionStatement)] = []
        var sealed: (sequence: UInt64, body: RoundSealed)?
        var scores: [(sequence: UInt64, score: ContributionScore)] = []
    }

    private(set) var genesis: Genesis?
    private(set) var task: (sequence: UInt64, body: TaskOpened)?
    private(set) var numbers: [PublicKey: ParticipantNumber] = [:]
    private(set) var rounds: [Round] = []
    private(set) var rewards: [Transfer] = []
    private(set) var contributionCount = 0

    /// Takes the next entry, which the rules have judged already.
    mutating func take(_ entry: Entry) {
        switch entry.body {
        case .genesis(let body): genesis = body
        case .participantRegistered(let body): numbers[body.publicKey] = ParticipantNumber(numbers.count)
        case .taskOpened(let body): task = task ?? (entry.sequence, body)
        case .roundOpened(let body):
            rounds.append(Round(opened: body, openedAt: entry.sequence, population: numbers.count))
        case .contributionAccepted(let body):
            contributionCount += 1
            if !rounds.isEmpty { rounds[rounds.count - 1].accepted.append((entry.sequence, body.statement)) }
        case .roundSealed(let body):
            if !rounds.isEmpty { rounds[rounds.count - 1].sealed = (entry.sequence, body) }
        case .scores(let body):
            if !rounds.isEmpty {
                rounds[rounds.count - 1].scores += body.scores.map { (entry.sequence, $0) }
            }
        case .transfer(let body): if body.kind == .reward { rewards.append(body) }
        case .contributionRefused, .epochSettled, .taskClosed, .snapshot: break
        }
    }
}
