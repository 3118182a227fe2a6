extension LedgerError {
    /// The kinds of failure, stable names that programs may compare.
    package enum Code: String, Sendable, CaseIterable {
        // The bytes of an entry, a statement or a name.

        /// Not a message of the protocol: broken, fields out of order, or bytes after the end.
        case malformedEntry
        /// A field that the messages do not have.
        case unknownField
        /// A field of another length than the protocol gives it, or past its limit.
        case wrongLength
        /// A field whose value the protocol does not have.
        case badValue
        /// An entry without a body.
        case missingBody
        /// An entry of more than 65,535 bytes.
        case entryTooLarge
        /// Not an account's name.
        case badAccountName
        /// The contribution statement inside an entry cannot be read.
        case malformedStatement

        // The chain.

        /// The entry's sequence number is not its place in the log.
        case wrongSequence
        /// The entry does not name the leaf hash of the entry before it.
        case wrongPrevious
        /// The entry's time is before that of the entry before it.
        case timeReversed
        /// The entry's id is not derived from its body.
        case wrongID
        /// The id is in the log already.
        case duplicateID

        // Turns.

        /// The first entry is not a genesis entry.
        case notGenesis
        /// A second genesis entry.
        case genesisAgain
        /// A genesis entry that is not consistent, or of rules that this program does not know.
        case badGenesis
        /// The rules say that another entry comes next.
        case outOfTurn
        /// A transfer or settlement that the rules derive, at a time when they do not ask for it.
        case notDue
        /// The task must be settled before it closes; in version 1 its running epoch.
        case settlementDue
        /// A round's withheld scores must be revealed before the task is settled.
        case revealDue
        /// An entry or field that only logs of another rules version have.
        case otherRules
        /// The log follows rules version 1: it takes no more entries.
        case oldRules

        // Tasks and rounds.

        /// The participant's key is registered already.
        case participantExists
        /// A participant's label that could be taken for an account or a key, or that moves the cursor.
        case badLabel
        /// No such participant.
        case unknownParticipant
        /// The task was opened before.
        case taskExists
        /// No such task.
        case unknownTask
        /// The task is closed, or settled in order to close.
        case taskClosed
        /// A task with an impossible parameter, or whose id is not the digest of its configuration.
        case badTask
        /// Not the round that comes next, or not the open one.
        case wrongRound
        /// A round of the task is open.
        case roundOpen
        /// No round of the task is open.
        case roundNotOpen
        /// Not the task's current model.
        case wrongModel
        /// The cohort is empty, too large, out of order or names somebody unknown.
        case wrongCohort
        /// The deadline is before the entry's own time.
        case badDeadline
        /// Units other than 1 to 8, or a change of units out of its order.
        case badUnits
        /// Not the norm bound that follows from the rounds before.
        case wrongBound
        /// The task's time for opening rounds is over.
        case closeByPassed
        /// Three rounds in a row diverged: the task can only be closed.
        case divergedTooOften
        /// Nobody has what the task promises to pay.
        case unfunded

        // Contributions.

        /// The participant is not in the round's cohort.
        case notInvited
        /// The participant's contribution to this round is in already.
        case duplicateContribution
        /// The entry's time is past the round's deadline.
        case lateContribution
        /// The statement names another configuration.
        case wrongConfiguration
        /// The statement names another number of parameters.
        case wrongParameterCount
        /// No examples, or more than a round's total weight may be.
        case badSampleCount
        /// The statement does not name the participant's last accepted statement.
        case wrongPreviousContribution
        /// An update with the same digest is in the round already.
        case copied
        /// The squared norm is missing, or larger than any update's of the task.
        case wrongNorm
        /// The signature is not the participant's over the statement.
        case badSignature

        // Seals, scores and money.

        /// The outcome is not what the quorum rule gives.
        case wrongOutcome
        /// The counts or weights are not those of the accepted contributions.
        case wrongCounts
        /// The scores are not of exactly the accepted participants, in ascending order.
        case wrongScores
        /// A commitment is missing where it belongs, or what was revealed does not hash to it.
        case wrongCommitment
        /// The sealed metrics are not the revealed ones rounded.
        case wrongMetrics
        /// A settlement other than the entries give.
        case wrongSettlement
        /// A sum of scores passes 64 bits, or a score 62.
        case scoreOverflow
        /// The account does not hold the amount.
        case exceedsCredits
        /// An amount passes 64 bits.
        case amountOverflow
        /// A transfer between accounts that its kind does not join.
        case wrongAccounts
        /// A snapshot that differs from the state.
        case wrongSnapshot
        /// An invariant of the ledger does not hold.
        case invariantBroken

        // Stores, journals and receipts.

        /// The stored leaf hash is not that of the stored bytes.
        case leafMismatch
        /// The stored balances are not those that the entries give.
        case balancesMismatch
        /// The file is absent, or not a ledger.
        case storeUnreadable
        /// The file is a ledger but damaged.
        case storeCorrupt
        /// Reading or writing failed; the journal takes no more entries.
        case storeFailed
        /// The disk of the store is full.
        case storeFull
        /// Another program has the ledger open, or it was not closed.
        case storeBusy
        /// The store was opened for reading only.
        case readOnly
        /// The store does not promise durability.
        case notDurable
        /// The log exists already.
        case logExists
        /// An earlier I/O error left the journal unusable.
        case poisoned
        /// The log is shorter than its last signed checkpoint: data was lost, or an old backup restored.
        case shorterThanCheckpoint
        /// The log does not have the tree that its last signed checkpoint promised.
        case inconsistentWithCheckpoint
        /// The checkpoint cannot be read, or is not signed by the log's key.
        case badCheckpoint
        /// Another process signed the log since this one did; the journal takes no more entries.
        case headMoved
        /// The key is not the log's.
        case wrongKey
        /// There is no such entry.
        case unknownEntry
        /// More than a limit allows.
        case limitExceeded
        /// Not a receipt.
        case malformedReceipt
        /// The receipt does not prove its entry.
        case receiptRefused
    }
}
