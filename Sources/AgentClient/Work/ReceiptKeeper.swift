internal import Ledger
internal import Attestation
internal import Wire

/// Fetches, checks and keeps the receipts of accepted contributions, beside the work, so that no round waits for them.
actor ReceiptKeeper {
    private let calls: any CoordinatorCalls
    private let folder: AgentFolder
    private let identity: AgentRunner.Identity
    private let sleep: @Sendable (UInt64) async throws -> Void
    private let observer: @Sendable (AgentEvent) -> Void
    /// Entries whose receipts are still to be fetched, oldest first.
    private(set) var owed: [UInt64]
    private var work: Task<Void, Never>?

    init(
        calls: any CoordinatorCalls, folder: AgentFolder, identity: AgentRunner.Identity,
        sleep: @escaping @Sendable (UInt64) async throws -> Void, observer: @escaping @Sendable (AgentEvent) -> Void
    ) {
        self.calls = calls
        self.folder = folder
        self.identity = identity
        self.sleep = sleep
        self.observer = observer
        owed = folder.state().owedReceipts
    }

    /// Finds out which receipts are missing: those of entries that were accepted while this agent could not hear it.
    func reconcile() async {
        let held = Set((try? folder.receiptSequences()) ?? [])
        let accepted = (try? await calls.account())?.acceptedSequences.reversed() ?? []
        for sequence in accepted where !held.contains(sequence) && !owed.contains(sequence) { owed.append(sequence) }
        owed.removeAll { held.contains($0) }
        start()
    }

    func owe(_ sequence: UInt64) {
        guard !owed.contains(sequence) else { return }
        owed.append(sequence)
        start()
    }

    /// Returns when nothing more can be fetched.
    func finish() async {
        start()
        let running = work
        await withTaskCancellationHandler {
            await running?.value
        } onCancel: {
            running?.cancel()
        }
    }

    private func start() {
        guard work == nil, !owed.isEmpty else { return }
        work = Task {
            await fetchAll()
            work = nil
        }
    }

    private func fetchAll() async {
        let patience = Patience(trialCount: 10, sleep: sleep)
        let calls = calls
        var unavailable = 0
        while let sequence = owed.first, !Task.isCancelled, unavailable < AgentLimits.chunkTrials {
            do throws(AgentError) {
                let bytes = try await patience { () async throws(AgentError) in try await calls.receipt(sequence) }
                try check(bytes, sequence)
                try folder.write(receipt: bytes, sequence: sequence)
                owed.removeAll { $0 == sequence }
            } catch where error.code == .receiptRefused {
                observer(.receiptRefused(sequence: sequence, error))
                owed.removeAll { $0 == sequence }
            } catch {
                // Not there yet, or not to be had now: the next accepted contribution, or the next start, asks again.
                unavailable += 1
                do { try await sleep(AgentLimits.retryFirstMs) } catch { return }
            }
        }
    }

    private func check(_ bytes: [UInt8], _ sequence: UInt64) throws(AgentError) {
        do throws(LedgerError) {
            let entry = try Receipt(decoding: bytes).verified(by: identity.verifier).entry.entry
            guard entry.sequence == sequence, case .contributionAccepted(let accepted) = entry.body,
                accepted.statement.participantKey == identity.key.publicKey
            else { throw LedgerError(.receiptRefused, "it is for another entry or participant") }
        } catch {
            throw AgentError(
                .receiptRefused, error.message, hint: "ask the operator; the contribution may not be in the ledger")
        }
    }
}
