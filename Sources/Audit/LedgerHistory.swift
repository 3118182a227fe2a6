import Attestation
import Ledger

/// A ledger's entries gathered by task and round, each with its place, so that a fault can name it. Entries of tasks
/// that run at once stand between each other.
struct LedgerHistory {
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

    /// One task.
    struct Task {
        let opening: TaskOpened
        let openedAt: UInt64
        var rounds: [Round] = []
        var rewardCount = 0
        /// Units that the rewards moved.
        var rewarded: UInt64 = 0
        var isClosed = false
    }

    private(set) var genesis: Genesis?
    /// In the order in which they were opened.
    private(set) var tasks: [Task] = []
    private(set) var numbers: [PublicKey: ParticipantNumber] = [:]
    private(set) var contributionCount = 0
    private(set) var places: [Digest: Int] = [:]

    /// Takes the next entry, which the rules have judged already.
    mutating func take(_ entry: Entry) {
        switch entry.body {
        case .genesis(let body): genesis = body
        case .participantRegistered(let body): numbers[body.publicKey] = ParticipantNumber(numbers.count)
        case .taskOpened(let body):
            places[body.task] = tasks.count
            tasks.append(Task(opening: body, openedAt: entry.sequence))
        case .roundOpened(let body):
            let round = Round(opened: body, openedAt: entry.sequence, population: numbers.count)
            change(body.task) { $0.rounds.append(round) }
        case .contributionAccepted(let body):
            contributionCount += 1
            changeRound(of: body.statement.task) { $0.accepted.append((entry.sequence, body.statement)) }
        case .roundSealed(let body): changeRound(of: body.task) { $0.sealed = (entry.sequence, body) }
        case .scores(let body):
            changeRound(of: body.task) { $0.scores += body.scores.map { (entry.sequence, $0) } }
        case .transfer(let body):
            guard body.kind == .reward, let task = body.task else { return }
            change(task) {
                $0.rewardCount += 1
                $0.rewarded += body.amount
            }
        case .taskClosed(let body): change(body.task) { $0.isClosed = true }
        case .contributionRefused, .epochSettled, .snapshot: break
        }
    }

    private mutating func change(_ task: Digest, _ body: (inout Task) -> Void) {
        guard let place = places[task] else { return }
        body(&tasks[place])
    }

    /// Changes the last round that a task opened.
    private mutating func changeRound(of task: Digest, _ body: (inout Round) -> Void) {
        change(task) { task in
            guard !task.rounds.isEmpty else { return }
            body(&task.rounds[task.rounds.count - 1])
        }
    }
}
