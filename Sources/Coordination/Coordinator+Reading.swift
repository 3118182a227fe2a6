package import Attestation
package import Ledger

extension Coordinator {
    /// Every task, in the order in which they were opened.
    package func tasks(nowMs: UInt64) -> [TaskStatus] {
        setTime(nowMs)
        return journal.state.taskOrder.compactMap { id in journal.state.tasks[id].map { status(of: $0) } }
    }

    /// A task's file, as it stands on the ledger.
    package func taskText(_ task: Digest) -> [UInt8]? { journal.state.tasks[task]?.opening.configuration }

    /// The task that a model belongs to; nil for a model that no task has had.
    package func taskOfModel(_ digest: Digest) -> Digest? { index.taskOfModel[digest] }

    /// A participant's number.
    package func number(of key: PublicKey) -> ParticipantNumber? { journal.state.numbers[key] }

    /// Every participant, by number.
    package func participants(nowMs: UInt64) -> [ParticipantStatus] {
        setTime(nowMs)
        return journal.state.participants.enumerated().map { number, state in
            let member = membership.members[number]
            return ParticipantStatus(
                number: UInt32(number), label: state.label, key: state.key, lastSeenMs: member.lastSeenMs,
                isAvailable: membership.isAvailable(ParticipantNumber(number), nowMs: self.nowMs),
                isBanned: member.isBanned, balance: journal.state.accounts.balance(of: state.account).available)
        }
    }

    /// Participants registered so far.
    package var participantCount: Int { journal.state.participants.count }

    /// Participants that may be invited now. Complexity: O(participants).
    package func availableCount(nowMs: UInt64) -> Int {
        setTime(nowMs)
        return participantCount - membership.unavailable(nowMs: self.nowMs).count
    }

    /// What a participant has earned.
    ///
    /// - Throws: `notRegistered`.
    package func account(of key: PublicKey) throws(CoordinationError) -> AccountStatus {
        guard let (number, state) = journal.state.participant(key) else { throw Self.notRegistered(key) }
        let accepted = index.accepted[Int(number)]
        return AccountStatus(
            balance: journal.state.accounts.balance(of: state.account).available, contributionCount: accepted.count,
            acceptedSequences: Array(accepted.reversed()))
    }

    /// An entry with the proof that a signed checkpoint covers it: C2SP tlog-proof.
    ///
    /// - Parameter key: who asks; of an open round each sees its own contribution only. Nil for the operator.
    /// - Throws: `notFound`, or `ledgerFailed`.
    package func receipt(sequence: UInt64, for key: PublicKey?) throws(CoordinationError) -> String {
        do throws(LedgerError) {
            let entry = try journal.entry(at: sequence)
            guard sequence < visibleEntryCount || key == nil || Self.mayShow(entry.entry.body, to: key) else {
                throw LedgerError(.unknownEntry, "entry \(sequence) belongs to a round that is not sealed yet")
            }
            // The size of the whole log would tell how many have contributed to an open round.
            let size = max(visibleEntryCount, sequence + 1)
            let note = size < journal.count ? try journal.signedHead(atSize: size) : try currentCheckpoint()
            return Receipt(
                entry: entry.bytes, index: sequence,
                proof: try journal.inclusionProof(sequence: sequence, inSize: size), checkpoint: note
            ).encoded
        } catch {
            if error.code == .unknownEntry { throw CoordinationError(.notFound, error.message) }
            throw Self.ledgerFailed(error)
        }
    }

    /// Whether a key may see an entry that not everybody may: its own, and what says nothing of an open round.
    private static func mayShow(_ body: EntryBody, to key: PublicKey?) -> Bool {
        switch body {
        case .contributionAccepted(let entry): entry.statement.participantKey == key
        case .participantRegistered(let entry): entry.publicKey == key
        case .contributionRefused, .roundOpened, .roundSealed, .scores, .roundRevealed: false
        default: true
        }
    }

    /// The signed head over the entries that may be shown to everybody.
    package func visibleCheckpoint() throws(CoordinationError) -> String {
        let visible = visibleEntryCount
        guard visible < journal.count else { return try checkpoint() }
        do { return try journal.signedHead(atSize: visible).encoded } catch { throw Self.ledgerFailed(error) }
    }

    /// The signed head of the whole log.
    package func checkpoint() throws(CoordinationError) -> String {
        do { return try currentCheckpoint().encoded } catch { throw Self.ledgerFailed(error) }
    }

    /// The bytes of some entries; those past the end, and those of rounds that are not sealed yet, are left out.
    package func entries(from first: UInt64, count: Int) throws(CoordinationError) -> [[UInt8]] {
        let visible = visibleEntryCount
        guard first < visible, count > 0 else { return [] }
        let (end, overflow) = first.addingReportingOverflow(UInt64(count))
        do {
            return try journal.entries(in: first..<(overflow ? visible : min(end, visible))).map(\.bytes)
        } catch {
            throw Self.ledgerFailed(error)
        }
    }

    /// Signs the head anew only if the log has grown.
    private func currentCheckpoint() throws(LedgerError) -> SignedNote {
        if let lastCheckpoint, lastCheckpointSize == journal.count { return lastCheckpoint }
        let note = try journal.checkpoint()
        lastCheckpoint = note
        lastCheckpointSize = journal.count
        return note
    }

    static func notRegistered(_ key: PublicKey) -> CoordinationError {
        CoordinationError(.notRegistered, "\(key.did) is not registered", hint: "join with an invitation first")
    }
}
