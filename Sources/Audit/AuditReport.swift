/// Something that does not hold, and where.
package struct AuditFault: Equatable, Sendable, CustomStringConvertible {
    /// Where a fault lies.
    package enum Place: Hashable, Sendable, CustomStringConvertible {
        /// An entry of the ledger, by sequence number.
        case entry(UInt64)
        /// A file of the audited folder, by relative path.
        case file(String)

        package var description: String {
            switch self {
            case .entry(let sequence): "entry \(sequence)"
            case .file(let path): path
            }
        }
    }

    package let place: Place
    /// One sentence: what does not hold.
    package let reason: String

    package init(_ place: Place, _ reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String { "\(place): \(reason)" }
}

/// What an audit comes to.
package enum AuditVerdict: String, Sendable {
    /// Everything that was paid, and every model, was derived again from what is at hand.
    case ok
    /// Nothing contradicts the ledger, but something is not at hand, and what rests on it was taken as recorded.
    case unverified
    /// Something contradicts the ledger, or was to be kept by the task's own terms and is not there.
    case fault
}

/// How far one round could be checked.
package struct AuditedRound: Equatable, Sendable {
    /// What an audit could do with a round.
    package enum Outcome: Equatable, Sendable {
        /// Average, model, metrics and scores were computed again from the updates, to the last bit.
        case rederived
        /// The average was computed again; what needs the data set was taken as recorded, for the reason given: the
        /// metrics, and the scores unless they are samples.
        case aggregateOnly(String)
        /// The digests were taken as recorded, for the reason given.
        case digestOnly(String)
        /// The round had no quorum: there is nothing to compute.
        case noQuorum
    }

    package let round: UInt32
    package let outcome: Outcome
    /// Contributions that were accepted into it.
    package let contributions: Int

    package init(round: UInt32, outcome: Outcome, contributions: Int) {
        self.round = round
        self.outcome = outcome
        self.contributions = contributions
    }
}

/// What an audit found of one task.
package struct AuditedTask: Sendable {
    /// The task's id, in hexadecimal digits.
    package let task: String
    /// Its name, for people; empty where its file cannot be read.
    package var name = ""
    package var rounds: [AuditedRound] = []
    /// Reward transfers whose amounts the rules derived again from the scores.
    package let rewards: Int
    /// Units that they moved.
    package let rewarded: UInt64
    /// Whether the ledger says that it is over.
    package let isClosed: Bool
    /// Registered participants that some round of a task with trust `open` did not invite: they were banned, had left
    /// or were not heard of, or the coordinator left them out. No fault: the ledger does not show which.
    package var uninvited = 0
    /// What is not at hand.
    package var gaps: [AuditGap] = []
    /// Units of rewards that rest on rounds which were not derived again.
    package var unverifiedUnits: UInt64 = 0
    /// Whether scores and exact metrics wait for the close, at which they are revealed and paid.
    package var awaitsClose = false
    /// Files, by path below the audited folder, that the task's entries or its manifest bind.
    var boundFiles: Set<String> = []

    package init(task: String, rewards: Int, rewarded: UInt64, isClosed: Bool) {
        self.task = task
        self.rewards = rewards
        self.rewarded = rewarded
        self.isClosed = isClosed
    }

    /// Rounds of one kind.
    package func rounds(where predicate: (AuditedRound.Outcome) -> Bool) -> [UInt32] {
        rounds.filter { predicate($0.outcome) }.map(\.round)
    }
}

/// What an audit found.
package struct AuditReport: Sendable {
    /// The audited folder's name.
    package var run = ""
    /// What kind of folder it is.
    package var kind = AuditedFolder.Kind.run
    /// Entries of the ledger that were replayed.
    package var entries: UInt64 = 0
    /// How many of them the checkpoint covers.
    package var signedEntries: UInt64 = 0
    /// Root of the replayed ledger.
    package var root = ""
    /// The checkpoint's key, in its text form.
    package var key = ""
    /// Signatures of contributions that were verified.
    package var contributions = 0
    /// The ledger's tasks, in the order in which they were opened.
    package var tasks: [AuditedTask] = []
    /// What does not hold; empty if all does.
    package var faults: [AuditFault] = []

    /// What is not at hand of what belongs to no single task.
    package var folderGaps: [AuditGap] = []
    /// Files of the folder, by path, that nothing in it binds: whoever changes or removes them is not found out.
    package var notCovered: [String] = []
    /// Whether the newest signed head is in the ledger's file alone, as after a crash.
    package var isHeadInLedgerAlone = false

    package init() {}

    package var verdict: AuditVerdict { faults.isEmpty ? (gaps.isEmpty ? .ok : .unverified) : .fault }

    /// Whether all of it was derived again and holds.
    package var isClean: Bool { verdict == .ok }

    /// Whether it is a coordinator's folder, and not a simulated run's.
    package var isCoordinator: Bool { kind == .coordinator }

    /// All that is not at hand.
    package var gaps: [AuditGap] { folderGaps + tasks.flatMap(\.gaps) }

    /// Units of rewards that rest on what is not at hand.
    package var unverifiedUnits: UInt64 {
        let all = (folderGaps.map(\.units) + tasks.map(\.unverifiedUnits)).reduce(UInt64(0)) { sum, units in
            let (total, overflow) = sum.addingReportingOverflow(units)
            return overflow ? .max : total
        }
        return min(all, rewarded)
    }

    /// The rounds of all tasks.
    package var rounds: [AuditedRound] { tasks.flatMap(\.rounds) }
    /// Reward transfers of all tasks.
    package var rewards: Int { tasks.reduce(0) { $0 + $1.rewards } }
    /// Units that they moved.
    package var rewarded: UInt64 { tasks.reduce(0) { $0 + $1.rewarded } }

    /// Rounds of one kind, of all tasks.
    package func rounds(where predicate: (AuditedRound.Outcome) -> Bool) -> [UInt32] {
        tasks.flatMap { $0.rounds(where: predicate) }
    }
}
