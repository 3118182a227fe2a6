package import Attestation

/// The rules of version 2: which entry may follow which history, and what it changes.
///
/// Logs that were begun under version 1 are judged by `Version1Rules` where the two differ.
///
/// Pure: no clock, no randomness, no I/O; the same entries give the same state everywhere. Signatures are not checked
/// here but by `SignatureCheck`, since one costs more than everything else together.
package enum LedgerRules {
    /// The version that the genesis entry of a new log names.
    package static let version: UInt32 = 2

    /// Judges an entry and, if it is right, carries it out. A refused entry changes nothing.
    ///
    /// Complexity: O(1), and for seals and settlements O(participants of the round or epoch).
    ///
    /// - Throws: a `LedgerError` that names the entry's place and the rule.
    package static func apply(_ entry: EncodedEntry, to state: inout LedgerState) throws(LedgerError) {
        try apply(entry.entry, leafHash: entry.leafHash, to: &state)
    }

    /// Judges an entry, whose bytes have that leaf hash, and carries it out.
    package static func apply(
        _ entry: Entry,
        leafHash: Digest,
        to state: inout LedgerState
    ) throws(LedgerError) {
        let sequence = state.count
        do {
            try checkChain(entry, state)
            try checkVersion(of: entry.body, state)
            try checkTurn(entry.body, state)
            try applyBody(entry, to: &state)
        } catch {
            throw error.at(sequence: sequence)
        }
        state.sequences[entry.id] = sequence
        state.count += 1
        state.head = leafHash
        state.lastTimeMs = entry.timeMs
    }

    /// What must come next, in order: while it is not empty, only its first body or a refusal is accepted.
    ///
    /// Complexity: O(its length).
    package static func due(_ state: LedgerState) -> [EntryBody] {
        Array(state.dueBodies[state.dueOffset...])
    }

    private static func checkChain(_ entry: Entry, _ state: LedgerState) throws(LedgerError) {
        guard entry.sequence == state.count else {
            throw LedgerError(.wrongSequence, "the entry says that it is number \(entry.sequence)")
        }
        guard state.count < LedgerLimits.entryCount else {
            throw LedgerError(.limitExceeded, "a log of more than \(LedgerLimits.entryCount) entries")
        }
        guard entry.previous == state.head else {
            throw LedgerError(
                .wrongPrevious,
                "the entry follows one with the leaf hash \(entry.previous), not \(state.head)"
            )
        }
        guard entry.timeMs >= state.lastTimeMs else {
            throw LedgerError(
                .timeReversed,
                "the entry's time is \(entry.timeMs) ms, before that of the entry before it, \(state.lastTimeMs)"
            )
        }
        if let earlier = state.sequences[entry.id] {
            throw LedgerError(.duplicateID, "entry \(earlier) has the same body")
        }
    }

    private static func checkTurn(_ body: EntryBody, _ state: LedgerState) throws(LedgerError) {
        switch body {
        case .genesis:
            guard state.genesis == nil else {
                throw LedgerError(.genesisAgain, "a second genesis entry")
            }
            return
        default:
            guard state.genesis != nil else {
                throw LedgerError(.notGenesis, "the first entry is \(body.kindName), not genesis")
            }
        }
        guard state.hasDue else { return }
        if case .contributionRefused = body { return }
        let due = state.dueBodies[state.dueOffset]
        guard body == due else {
            throw LedgerError(.outOfTurn, "\(brief(body)) where \(brief(due)) is due")
        }
    }

    private static func applyBody(_ entry: Entry, to state: inout LedgerState) throws(LedgerError) {
        switch entry.body {
        case .genesis(let body): try apply(body, to: &state)
        case .participantRegistered(let body): try apply(body, to: &state)
        case .taskOpened(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        case .contributionRefused: state.refusedCount += 1
        case .transfer(let body): try apply(body, to: &state)
        case .snapshot(let body):
            let expected = state.snapshot
            guard body == expected else {
                throw LedgerError(.wrongSnapshot, "the snapshot is \(body), but the entries give \(expected)")
            }
        default: try isVersion1(state) ? Version1Rules.apply(entry, to: &state) : applyRound(entry, to: &state)
        }
    }

    /// The entries that version 2 judges in its own way; those of version 1 alone were refused before.
    private static func applyRound(_ entry: Entry, to state: inout LedgerState) throws(LedgerError) {
        switch entry.body {
        case .unitsAssigned(let body): try apply(body, to: &state)
        case .roundOpened(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        case .contributionAccepted(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        case .roundSealed(let body): try apply(body, to: &state)
        case .roundRevealed(let body): try apply(body, to: &state)
        case .scores(let body): try apply(body, to: &state)
        case .taskSettled(let body): try apply(body, to: &state)
        case .taskClosed(let body): try apply(body, timeMs: entry.timeMs, to: &state)
        default: break
        }
    }

    /// A body in a few words, for messages.
    private static func brief(_ body: EntryBody) -> String {
        switch body {
        case .transfer(let transfer):
            "a \(transfer.kind) of \(transfer.amount) from \(transfer.debit) to \(transfer.credit)"
        case .epochSettled(let settled):
            "the settlement of epoch \(settled.epoch), \(settled.paid) of \(settled.pool) paid,"
        case .taskSettled(let settled):
            "the settlement of the task, \(settled.paid) of \(settled.pool) paid,"
        default: "a \(body.kindName) entry"
        }
    }
}
