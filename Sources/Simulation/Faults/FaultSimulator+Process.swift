import Attestation
import Coordination
import Ledger

extension FaultSimulator {
    /// Starts the coordinator's process over what its disk has.
    func startServer() {
        guard server == nil else { return }
        livesBegun += 1
        let life = ProcessLife(number: livesBegun)
        note(10, UInt64(life.number)) { "the coordinator starts, life \(life.number)" }
        guard ledger.entries.count >= ledger.acknowledgedCount else {
            return fail(
                "\(ledger.acknowledgedCount) entries were acknowledged, but only \(ledger.entries.count) are on the disk"
            )
        }
        do {
            let server = try FaultyServer(world: self, life: life)
            if livesBegun > 1 { faults.tally.restarts += 1 }
            self.server = server
            see(size: server.coordinator.entryCount, root: server.coordinator.ledgerRoot)
            server.settle()
            if life.hasEnded { serverEnded() }
        } catch {
            if !life.hadFault { return fail("the coordinator does not start: \(error)") }
            serverEnded()
        }
    }

    /// Lets the coordinator do something; its process may end meanwhile.
    func atServer(_ body: (FaultyServer) -> Void) {
        guard let server else { return }
        if !faults.crashPoint(server.life) {
            body(server)
            if !server.life.hasEnded { server.settle() }
        }
        if server.life.hasEnded { serverEnded() }
    }

    /// The process has ended: power was lost, or its disk failed. It starts again after a while.
    func serverEnded() {
        faults.tally.coordinatorCrashes += 1
        note(11) { "the coordinator's process has ended" }
        server = nil
        vault.losePower(faults)
        if sabotage == .diskForgetsCommits { ledger.forgetLastCommit() }
        clock.schedule(.start, atMs: clock.nowMs + faults.draw(50...40_000))
    }

    /// The operator stops the process in good order.
    func stopServer() {
        guard let server else { return }
        note(12) { "the operator stops the coordinator" }
        do {
            try server.coordinator.close()
            server.life.hasEnded = true
            self.server = nil
            clock.schedule(.start, atMs: clock.nowMs + faults.draw(50...5_000))
        } catch {
            if !server.life.hadFault { fail("the coordinator does not stop: \(error)") }
            serverEnded()
        }
    }

    /// A head of the log that somebody outside has seen: the log must grow from it for ever.
    func see(size: UInt64, root: Digest) {
        guard let head = try? Checkpoint(origin: signer.verifier.name, size: size, root: root) else {
            return fail("a head of \(size) entries that cannot be written down")
        }
        seenHeads.append(head)
    }

    // MARK: - What agents check

    /// An honest agent lets a statement out: always the same one for a round of a task.
    func release(_ contribution: SignedContribution, by agent: FaultyAgent, _ task: Digest, _ round: UInt32) {
        guard !agent.cheats else { return }
        let place = TaskRound(task: task, round: round)
        guard let earlier = released[agent.index]?[place] else {
            released[agent.index, default: [:]][place] = contribution
            return
        }
        if earlier != contribution { fail("agent \(agent.index) signed two statements for round \(round) of \(task)") }
    }

    func checkRegistered(_ key: PublicKey, at sequence: UInt64) {
        guard let body = body(at: sequence), case .participantRegistered(let entry) = body, entry.publicKey == key
        else {
            return fail("entry \(sequence) does not register \(key.did), who was told so")
        }
    }

    func checkAccepted(_ contribution: SignedContribution, at sequence: UInt64) {
        acknowledged.append((sequence, contribution))
        guard let body = body(at: sequence), case .contributionAccepted(let entry) = body,
            entry.contribution == contribution
        else { return fail("entry \(sequence) does not accept the contribution whose sender was told so") }
    }

    func checkReceipt(_ text: String, _ sequence: UInt64, _ contribution: SignedContribution) {
        do {
            let receipt = try Receipt(decoding: Array(text.utf8))
            let (entry, head) = try receipt.verified(by: signer.verifier)
            seenHeads.append(head)
            guard case .contributionAccepted(let accepted) = entry.entry.body, accepted.contribution == contribution
            else { return fail("the receipt of entry \(sequence) is for another contribution") }
        } catch {
            fail("the receipt of entry \(sequence) does not verify: \(error)")
        }
    }

    func noteRefusal(_ reason: String, cheats: Bool) {
        // A well-behaved agent may be late or superfluous, never wrong.
        let fair = ["late", "stale-round", "round-full", "wrong-task"]
        if !cheats, !fair.contains(reason) { fail("an honest contribution was refused: \(reason)") }
    }

    private func body(at sequence: UInt64) -> EntryBody? {
        sequence < UInt64(ledger.bodies.count) ? ledger.bodies[Int(sequence)] : nil
    }
}
