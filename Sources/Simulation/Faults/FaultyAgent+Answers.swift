import Attestation
import Coordination
import Federation
import Ledger

extension FaultyAgent {
    /// Takes the answer to a request; answers to earlier ones come too late to matter.
    func receive(_ response: CoordinatorResponse, to request: UInt64) {
        guard awaited == request else { return }
        awaited = nil
        if case .problem(let error) = response { return meet(error) }
        switch (stage, response) {
        case (.joining, .registered(_, let sequence)):
            world.checkRegistered(key.publicKey, at: sequence)
            var next = disk
            next.isRegistered = true
            if write(next) { go(.asking) }
        case (.asking, .work(let answer)): take(answer)
        case (.downloading(let order, let bytes), .modelChunk(let chunk)): download(order, bytes + chunk)
        case (.beginning(let kept), .missing(let chunks)): go(.sending(kept, chunks: chunks))
        case (.sending(let kept, let chunks), .done): go(.sending(kept, chunks: Array(chunks.dropFirst())))
        case (.submitting(let kept), .contribution(let answer)): take(answer, of: kept)
        case (.fetchingReceipt(let kept, let sequence), .receipt(let text)):
            world.checkReceipt(text, sequence, kept.contribution)
            go(.asking)
        case (.spying(let order), .entries(let entries)): copy(from: entries, order)
        case (.leaving, .done): goAway(forMs: world.faults.draw(1_000...180_000))
        default: world.fail("agent \(index) at \(stage) was answered \(response)")
        }
    }

    private func meet(_ error: CoordinationError) {
        switch (stage, error.code) {
        case (_, .notRegistered): go(.joining)
        case (.beginning(let kept), .conflict), (.sending(let kept, _), .conflict):
            // Not now; what became of the contribution is what the reply to it says.
            attempts += 1
            stage = .submitting(kept)
            world.schedule(self, afterMs: 200 * UInt64(min(attempts, 20)))
        case (.beginning, .wrongDigest), (.sending, .wrongDigest):
            if cheats { giveUp() } else { world.fail("an honest chunk has the wrong digest: \(error)") }
        case (.spying, _): go(.asking)
        default: retry()
        }
    }

    private func take(_ answer: WorkAnswer) {
        switch answer {
        case .idle: go(.asking, afterMs: world.faults.draw(10...500))
        case .resend(let task, let round, let update):
            world.faults.tally.resends += 1
            guard let kept = disk.kept.first(where: { $0.task == task && $0.update == update }) else {
                return world.fail(
                    "agent \(index) is asked for the update \(update) of round \(round), which it never kept")
            }
            guard kept.round == round else {
                return world.fail("agent \(index) is asked for round \(kept.round)'s update under round \(round)")
            }
            go(.beginning(kept))
        case .train(let order):
            // A round of this task that is over needs no update any more.
            disk.kept.removeAll { $0.task == order.task && $0.round < order.round }
            settled = nil
            guard let kept = disk.contribution(to: order.task, order.round) else {
                trick = cheats ? CheatTrick.draw(world.faults) : .none
                return go(.downloading(order, bytes: []))
            }
            guard kept.verdict != .refused else {
                settled = (order.task, order.round)
                return go(.asking, afterMs: 1_000)
            }
            go(.beginning(kept))
        }
    }

    private func download(_ order: TrainingOrder, _ bytes: [UInt8]) {
        guard bytes.count >= order.byteCount else { return go(.downloading(order, bytes: bytes)) }
        guard BlobDigest.digest(of: bytes) == order.baseModel else {
            return world.fail("agent \(index) was given a model that is not \(order.baseModel)")
        }
        let isSlow = world.faults.strikes(world.faults.rates.slowTraining)
        go(.training(order), afterMs: world.faults.draw(5...(isSlow ? 60_000 : 4_000)))
    }

    private func take(_ answer: ContributionAnswer, of kept: KeptContribution) {
        switch answer {
        case .accepted(let sequence):
            world.checkAccepted(kept.contribution, at: sequence)
            if case .accepted(let earlier) = kept.verdict, earlier != sequence {
                world.fail("a contribution was accepted as entry \(earlier), then as entry \(sequence)")
            }
            conclude(kept, .accepted(sequence: sequence))
        case .refused(let reason, let detail):
            if case .accepted(let sequence) = kept.verdict {
                world.fail("a contribution that entry \(sequence) accepted was then refused: \(reason), \(detail)")
            }
            world.noteRefusal(reason, cheats: cheats)
            conclude(kept, .refused)
        case .incomplete:
            if trick == .nothingUploaded || trick == .wrongChunk { return giveUp() }
            attempts += 1
            stage = .beginning(kept)
            world.schedule(self, afterMs: 50 * UInt64(min(attempts, 40)))
        case .unavailable: retry()
        }
    }

    /// A free rider stops trying.
    private func giveUp() {
        if let open = disk.kept.last(where: { $0.verdict == .open }) { return conclude(open, .refused) }
        go(.asking, afterMs: 500)
    }
}
