package import Attestation

/// A task: its rules, its model, its running round and epoch, and where its tokens went.
package struct TaskState: Hashable, Sendable {
    /// Units that moved for the task so far.
    package struct Flows: Hashable, Sendable {
        /// Sponsor to escrow.
        package internal(set) var deposited: UInt64 = 0
        /// Escrow or issuance to pool.
        package internal(set) var pooled: UInt64 = 0
        /// Pool to participants.
        package internal(set) var rewarded: UInt64 = 0
        /// Escrow to sponsor.
        package internal(set) var escrowReturned: UInt64 = 0
        /// Pool to sponsor or issuance.
        package internal(set) var poolReturned: UInt64 = 0
    }

    /// How far a task is.
    package enum Stage: Hashable, Sendable {
        /// Rounds may be opened.
        case running
        /// The last epoch was settled before its end: only the close may come.
        case settled
        /// Nothing more happens.
        case closed
    }

    /// The entry that opened it.
    package let opening: TaskOpened
    package internal(set) var stage = Stage.running
    /// Blob digest of the current model.
    package internal(set) var model: Digest
    /// Digest of the server optimiser's state, nil if it has none.
    package internal(set) var serverState: Digest?
    /// The round that is open or waits for scores.
    package internal(set) var round: RoundState?
    /// Rounds that are over, with or without quorum.
    package internal(set) var roundsFinished: UInt32 = 0
    /// How many of them are in a settled epoch.
    package internal(set) var roundsSettled: UInt32 = 0
    package internal(set) var epochsSettled: UInt32 = 0
    /// The running epoch's sums of the score that the reward rule names; not clipped.
    package internal(set) var scoreSums: [ParticipantNumber: Int64] = [:]
    package internal(set) var flows = Flows()
    /// `pool/<task>`.
    package let pool: AccountName
    /// `escrow/<task>`.
    package let escrow: AccountName

    init(_ opening: TaskOpened) {
        self.opening = opening
        model = opening.initialModel
        pool = .pool(opening.task)
        escrow = .escrow(opening.task)
    }

    /// Whether finished rounds wait for their epoch's settlement.
    package var hasUnsettledRounds: Bool { roundsFinished > roundsSettled }
}
