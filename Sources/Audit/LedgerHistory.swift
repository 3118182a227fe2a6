import Attestation
import Ledger

/// A ledger's entries gathered by task and round, each with its place, so that a fault can name it. Entries of tasks
/// that run at once stand between each other.
struct LedgerHistory {
    /// One round of a task.
    struct Round {
        let opened: RoundOpened
        let openedAt: UInt64
        /// Units that participants had when it was opened, where they are not the ordinary number.
        let units: [ParticipantNumber: UInt32]
        /// Participants that were registered then.
        let population: Int
        var accepted: [(sequence: UInt64, entry: ContributionAccepted)] = []
        /// Exact metrics, where they were withheld until the close.
        var revealed: (sequence: UInt64, body: RoundRevealed)?
        var sealed: (sequence: UInt64, body: RoundSealed)?
        var scores: [(sequence: UInt64, score: ContributionScore)] = []
    }

    /// One task.
    struct Task {
        let opening: TaskOpened
        let openedAt: UInt64
        let openedAtMs: UInt64
        var rounds: [Round] = []
        var rewardCount = 0
        /// Units that the rewards moved.
        var rewarded: UInt64 = 0
        /// Units that the rewards moved, by account.
        var rewards: [AccountName: UInt64] = [:]
        /// Where the rewards are, and their units.
        var rewardPlaces: [(sequence: UInt64, units: UInt64)] = []
        /// Settlements of rules version 1: the last round of each, and what it paid.
        var epochs: [(lastRound: UInt32, paid: UInt64)] = []
        var closed: (sequence: UInt64, body: TaskClosed)?
        /// Root over all entries before the first round was opened: what the initial model follows from.
        var startRoot: Digest?
        /// Registered participants that some round of a task with trust `open` did not invite.
        var uninvited: Set<ParticipantNumber> = []

        var isClosed: Bool { closed != nil }

        /// Units of the rewards that rest on some rounds' scores: all of a task that is settled once, or those of the
        /// epochs that the rounds belong to.
        func units(restingOn rounds: some Collection<UInt32>) -> UInt64 {
            guard !rounds.isEmpty else { return 0 }
            guard opening.terms == nil else { return rewarded }
            var first: UInt32 = 1
            var units: UInt64 = 0
            for epoch in epochs where epoch.lastRound >= first {
                if rounds.contains(where: { (first...epoch.lastRound).contains($0) }) { units += epoch.paid }
                first = epoch.lastRound + 1
            }
            return units
        }
    }

    private(set) var genesis: Genesis?
    /// In the order in which they were opened.
    private(set) var tasks: [Task] = []
    private(set) var numbers: [PublicKey: ParticipantNumber] = [:]
    /// Labels of the participants, by number.
    private(set) var labels: [String] = []
    private(set) var contributionCount = 0
    private(set) var places: [Digest: Int] = [:]
    private var units: [ParticipantNumber: UInt32] = [:]
    private var taskUnits: [Digest: [ParticipantNumber: UInt32]] = [:]

    /// Takes the next entry, which the rules have judged already.
    ///
    /// - Parameter rootBefore: the root over the entries before it.
    mutating func take(_ entry: Entry, rootBefore: () -> Digest) {
        switch entry.body {
        case .genesis(let body): genesis = body
        case .participantRegistered(let body):
            let number = ParticipantNumber(numbers.count)
            numbers[body.publicKey] = number
            labels.append(body.label)
            if body.units > 0 { units[number] = body.units }
        case .unitsAssigned(let body):
            if let task = body.task {
                taskUnits[task, default: [:]][body.participant] = body.units
            } else {
                units[body.participant] = body.units
            }
        case .taskOpened(let body):
            places[body.task] = tasks.count
            tasks.append(Task(opening: body, openedAt: entry.sequence, openedAtMs: entry.timeMs))
        case .roundOpened(let body):
            let own = taskUnits[body.task] ?? [:]
            let round = Round(
                opened: body, openedAt: entry.sequence, units: units.merging(own) { _, own in own },
                population: numbers.count)
            let invited = Set(body.cohort)
            let population = numbers.count
            let isFirst = places[body.task].map { tasks[$0].rounds.isEmpty } ?? false
            let root = isFirst ? rootBefore() : nil
            change(body.task) { task in
                if let root { task.startRoot = root }
                if task.opening.terms?.trust == .open {
                    for number in 0..<population where !invited.contains(ParticipantNumber(number)) {
                        task.uninvited.insert(ParticipantNumber(number))
                    }
                }
                task.rounds.append(round)
            }
        case .contributionAccepted(let body):
            contributionCount += 1
            changeRound(of: body.statement.task) { $0.accepted.append((entry.sequence, body)) }
        case .roundSealed(let body): changeRound(of: body.task) { $0.sealed = (entry.sequence, body) }
        case .roundRevealed(let body):
            changeRound(body.round, of: body.task) { $0.revealed = (entry.sequence, body) }
        case .scores(let body):
            changeRound(body.round, of: body.task) { $0.scores += body.scores.map { (entry.sequence, $0) } }
        case .transfer(let body):
            guard body.kind == .reward, let task = body.task else { return }
            change(task) {
                $0.rewardCount += 1
                $0.rewarded += body.amount
                $0.rewards[body.credit, default: 0] += body.amount
                $0.rewardPlaces.append((entry.sequence, body.amount))
            }
        case .epochSettled(let body): change(body.task) { $0.epochs.append((body.lastRound, body.paid)) }
        case .taskClosed(let body): change(body.task) { $0.closed = (entry.sequence, body) }
        case .contributionRefused, .taskSettled, .snapshot: break
        }
    }

    private mutating func change(_ task: Digest, _ body: (inout Task) -> Void) {
        guard let place = places[task] else { return }
        body(&tasks[place])
    }

    /// Changes a round of a task; rounds are numbered from 1 without gaps.
    private mutating func changeRound(_ number: UInt32, of task: Digest, _ body: (inout Round) -> Void) {
        change(task) { task in
            guard number >= 1, Int(number) <= task.rounds.count else { return }
            body(&task.rounds[Int(number) - 1])
        }
    }

    /// Changes the last round that a task opened.
    private mutating func changeRound(of task: Digest, _ body: (inout Round) -> Void) {
        change(task) { task in
            guard !task.rounds.isEmpty else { return }
            body(&task.rounds[task.rounds.count - 1])
        }
    }
}
