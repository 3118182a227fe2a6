package import Attestation
import Federation
package import Ledger

/// A coordinator without sockets, clocks or threads: the ledger, the tasks' round engines and who takes part.
///
/// The server and the fault simulator drive the same one. Commands are carried out durably before they return or before
/// their reply is called (decision 0013). It may be stopped between any two instructions: a new one over the same
/// store and vault goes on where the ledger ends. Not Sendable: one executor drives it.
package final class Coordinator {
    /// What a coordinator stands on.
    package struct Environment {
        package let store: any LedgerStore
        package let signer: NoteSigner
        /// Where the last signed checkpoint is kept apart from the ledger; nil for a ledger that ends with the process.
        package let heads: (any SignedHeadStore)?
        package let vault: any BlobVault
        /// Most threads of one job.
        package let threads: Int
        /// Reads the data of a task that is open on the ledger.
        package let material: (TaskOpened) throws -> TaskMaterial
        /// Takes a job to run elsewhere; its result goes to `complete`. Jobs of one task run in the order given.
        package let submit: (CoordinatorJob) -> Void
        /// Hears what happened.
        package let notify: (CoordinatorNotice) -> Void
        /// Draws a new task's secret: 32 bytes that nobody can guess.
        package let makeSecret: () -> TaskSecret
        /// Whether anybody may register, invited or not.
        package let isRegistrationOpen: () -> Bool

        package init(
            store: any LedgerStore, signer: NoteSigner, heads: (any SignedHeadStore)? = nil, vault: any BlobVault,
            threads: Int, material: @escaping (TaskOpened) throws -> TaskMaterial,
            submit: @escaping (CoordinatorJob) -> Void,
            notify: @escaping (CoordinatorNotice) -> Void, makeSecret: @escaping () -> TaskSecret,
            isRegistrationOpen: @escaping () -> Bool = { false }
        ) {
            self.store = store
            self.signer = signer
            self.heads = heads
            self.vault = vault
            self.threads = threads
            self.material = material
            self.submit = submit
            self.notify = notify
            self.makeSecret = makeSecret
            self.isRegistrationOpen = isRegistrationOpen
        }
    }

    let environment: Environment
    let journal: Journal
    var index = LedgerIndex()
    var membership = Membership()
    /// Open tasks by id.
    var running: [Digest: RunningTask] = [:]
    var nextTicket: UInt64 = 1
    var nextGeneration: UInt64 = 1
    /// The latest time that was given; time does not run backwards here, whatever clocks do.
    var nowMs: UInt64
    /// How far the machine's clock is ahead of the ledger's time, for times that people read.
    package var wallAheadMs: Int64 = 0
    /// The driver's clock when it was looked at last, as far as it went forward.
    private var clockMs: UInt64
    /// Entries that are proposed and not yet durable.
    var proposed: [Proposed] = []
    /// When tasks whose time is over, and which could not be settled, are tried again.
    var closeRetries: [Digest: UInt64] = [:]
    /// What is done once they are, in order.
    var afterwards: [() -> Void] = []
    /// The last checkpoint signed, while it covers the whole log.
    var lastCheckpoint: SignedNote?
    var lastCheckpointSize: UInt64 = 0

    /// An entry to be written, with what is to be done with its place.
    struct Proposed {
        let proposal: Proposal
        let written: (UInt64) -> Void
    }

    /// Starts a ledger: the genesis entry and its grants.
    ///
    /// - Throws: `ledgerFailed` if there is one already or it cannot be written.
    package static func create(
        store: any LedgerStore, signer: NoteSigner, heads: (any SignedHeadStore)? = nil, genesis: Genesis,
        nowMs: UInt64
    ) throws(CoordinationError) {
        do {
            let journal = try Journal.create(
                store: store, signer: signer, heads: heads, genesis: genesis, timeMs: nowMs)
            try journal.appendDue(timeMs: nowMs)
            _ = try journal.checkpoint()
            try journal.close()
        } catch {
            throw Self.ledgerFailed(error)
        }
    }

    /// Takes up a ledger: replays it and goes on with every open task, open rounds included.
    ///
    /// - Parameter nowMs: the time, in milliseconds since the Unix epoch.
    /// - Throws: `ledgerFailed` if the ledger does not verify or cannot be written, `staleLedger` if it does not extend
    ///   a checkpoint that was signed over it; then nothing was written. A task that cannot go on is reported as a
    ///   notice and stands still.
    package init(_ environment: Environment, nowMs: UInt64) throws(CoordinationError) {
        self.environment = environment
        do {
            journal = try Journal.open(
                store: environment.store, signer: environment.signer, heads: environment.heads,
                threads: environment.threads)
        } catch {
            throw Self.refused(error)
        }
        self.nowMs = max(nowMs, journal.state.lastTimeMs)
        clockMs = nowMs
        try readIndex()
        membership.grow(to: journal.state.participants.count)
        do {
            try journal.appendDue(timeMs: self.nowMs)
            // The process ended between a task's close and its snapshot.
            if index.lacksSnapshot { try journal.append([.snapshot(journal.state.snapshot)], timeMs: self.nowMs) }
        } catch {
            throw Self.ledgerFailed(error)
        }
        for id in journal.state.taskOrder {
            guard let task = journal.state.tasks[id], task.stage != .closed else { continue }
            try takeUp(task)
        }
    }

    private func readIndex() throws(CoordinationError) {
        var next: UInt64 = 0
        while next < journal.count {
            let entries: [EncodedEntry]
            do {
                entries = try journal.entries(in: next..<min(journal.count, next + Self.indexBatchCount))
            } catch {
                throw Self.ledgerFailed(error)
            }
            for entry in entries { index.take(entry.entry.body, sequence: entry.entry.sequence) }
            next += Self.indexBatchCount
        }
    }

    private static let indexBatchCount: UInt64 = 4_096

    /// Checks the log that a coordinator signs.
    package var verifier: NoteVerifier { environment.signer.verifier }

    /// Number of ledger entries.
    package var entryCount: UInt64 { journal.count }

    /// Root over all ledger entries.
    package var ledgerRoot: Digest { journal.root }

    /// Whether every task that was ever opened is closed or stands still, and there was one.
    package var isEveryTaskClosed: Bool {
        !journal.state.taskOrder.isEmpty && running.values.allSatisfy { $0.failure != nil }
    }

    /// Whether that task was opened and is closed by now.
    package func isClosed(_ task: Digest) -> Bool { journal.state.tasks[task]?.stage == .closed }

    /// Entries that may be shown to everybody: those before the first open round's contributions. What an open round
    /// holds is known to its senders alone, until the round is sealed.
    package var visibleEntryCount: UInt64 {
        var count = journal.count
        // After its deadline nobody can contribute to a round any more, so it keeps nothing from others: a task that
        // stands still does not hide the log.
        for (task, opened) in index.openRounds {
            guard let round = journal.state.tasks[task]?.round, nowMs <= round.deadlineMs else { continue }
            count = min(count, opened + 1)
        }
        return count
    }

    /// Root over the entries that may be shown to everybody: it does not move with contributions to an open round.
    var visibleRoot: Digest { (try? journal.root(atSize: visibleEntryCount)) ?? journal.root }

    /// Signs the ledger's head and ends its use. Nothing may be called afterwards.
    package func close() throws(CoordinationError) {
        do {
            _ = try journal.checkpoint()
            try journal.close()
        } catch {
            throw Self.ledgerFailed(error)
        }
    }

    /// When the last entry happened, in milliseconds since the Unix epoch.
    package var lastEntryMs: UInt64 { journal.state.lastTimeMs }

    /// Whether a task is not closed, whether it runs or stands still.
    package var hasOpenTasks: Bool {
        !running.isEmpty || journal.state.tasks.values.contains { $0.stage != .closed }
    }

    /// The driver's clock was set by that much while no task was open: what was measured on it moves along, so that
    /// nothing takes longer or shorter.
    package func clockWasSet(byMs differenceMs: Int64) {
        func moved(_ timeMs: UInt64) -> UInt64 {
            differenceMs < 0
                ? timeMs - min(timeMs, differenceMs.magnitude) : timeMs + differenceMs.magnitude
        }
        nowMs = max(moved(nowMs), journal.state.lastTimeMs)
        clockMs = nowMs
        membership.move(moved)
    }

    /// Moves time on, never back. While the driver's clock is behind the ledger's time, because it was set back, time
    /// goes on at that clock's pace: deadlines pass all the same.
    func setTime(_ nowMs: UInt64) {
        if nowMs >= self.nowMs {
            self.nowMs = nowMs
        } else if nowMs > clockMs {
            self.nowMs += nowMs - clockMs
        } else if nowMs + CoordinationLimits.clockToleranceMs >= clockMs {
            return
        }
        clockMs = nowMs
    }

    static func ledgerFailed(_ error: LedgerError) -> CoordinationError {
        let hint =
            switch error.code {
            case .storeFull:
                "make room on that disk, then start the coordinator again; what it acknowledged is on the ledger"
            case .headMoved:
                "two coordinators used one key: stop both, and start the one with the longer ledger alone"
            default:
                """
                stop this process, look at the disk, then start the coordinator again; `tributary ledger verify` \
                checks it
                """
            }
        return CoordinationError(.ledgerFailed, error.message, hint: hint)
    }

    /// Why a ledger is not taken up.
    private static func refused(_ error: LedgerError) -> CoordinationError {
        switch error.code {
        case .shorterThanCheckpoint, .inconsistentWithCheckpoint:
            CoordinationError(
                .staleLedger, error.message,
                hint: """
                    put the newest copy back, ledger.sqlite together with ledger.sqlite-wal; if it is lost, this log \
                    cannot go on: keep the folder as evidence, make a coordinator in another folder and invite the \
                    participants anew
                    """)
        case .badCheckpoint:
            CoordinationError(
                .staleLedger, error.message,
                hint: """
                    restore the file that holds it; move it away only if you are sure that this ledger is the newest \
                    copy
                    """)
        case .notGenesis:
            CoordinationError(
                .ledgerFailed, error.message,
                hint: "`tributary coordinator init` with the same --home begins it, if it was never begun")
        default: ledgerFailed(error)
        }
    }
}
