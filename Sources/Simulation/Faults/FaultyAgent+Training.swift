import Attestation
import Coordination
import Federation
import Ledger
import Tensors

extension FaultyAgent {
    /// Makes the round's contribution; a free rider makes something else.
    func finishTraining(_ order: TrainingOrder) {
        guard let task = world.task(order.task) else { return world.fail("an order for a task that was never opened") }
        if trick == .replay { return go(.spying(order)) }
        var blob = updateBlob(task, order.round)
        switch trick {
        case .offGrid: setLast(of: &blob, to: 0.1)
        case .notFinite: setLast(of: &blob, to: .nan)
        default: break
        }
        let hashes = blob.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
        let update = BlobDigest.digest(ofChunkHashes: hashes)
        do {
            let statement = statement(order, task, update, blob)
            let contribution = try sign(statement)
            world.archive[update] = blob
            go(
                .saving(
                    KeptContribution(
                        task: order.task, round: statement.round, contribution: contribution, update: update,
                        chunkHashes: hashes, blob: blob)))
        } catch {
            world.fail("agent \(index) cannot sign: \(error)")
        }
    }

    /// The update's file: values on the grid, a function of the seed, the agent, the task and the round.
    private func updateBlob(_ task: FaultScenario.PlannedTask, _ round: UInt32) -> [UInt8] {
        var generator = SeededGenerator(
            seed: world.scenario.seed, stream: "fault update", index, Int(task.id.bytes[0]), Int(round))
        var blob = task.blob.header
        blob.reserveCapacity(task.blob.byteCount)
        let step = task.material.task.grid.step
        for _ in 0..<task.blob.layout.count {
            let value = Float(Int(truncatingIfNeeded: generator.next() & 0x7FFFF) - 0x40000) * step
            withUnsafeBytes(of: value.bitPattern.littleEndian) { blob.append(contentsOf: $0) }
        }
        return blob
    }

    private func setLast(of blob: inout [UInt8], to value: Float) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes in
            blob.replaceSubrange(blob.count - 4..<blob.count, with: bytes)
        }
    }

    private func statement(
        _ order: TrainingOrder, _ task: FaultScenario.PlannedTask, _ update: Digest, _ bytes: [UInt8]
    ) -> ContributionStatement {
        let round =
            switch trick {
            case .oldRound: max(order.round, 2) - 1
            case .comingRound: order.round + 1
            default: order.round
            }
        let author = trick == .othersName ? world.agents[0].key.publicKey : key.publicKey
        return ContributionStatement(
            task: order.task, round: round, participantKey: author,
            baseModel: trick == .wrongBase ? update : order.baseModel, configuration: order.task, update: update,
            parameterCount: UInt64(task.blob.layout.count),
            sampleCount: trick == .hugeSampleCount ? 1 << 40 : UInt64(10 + index * 7 + Int(order.round)),
            stepCount: 1, nonce: world.faults.nonce(),
            previousContribution: trick == .wrongPrevious ? update : order.previousContribution,
            ledgerRootSeen: order.ledgerRoot,
            possession: SHA256.hash(author.bytes + bytes))
    }

    private func sign(_ statement: ContributionStatement) throws -> SignedContribution {
        let signed = try statement.signed(by: key)
        switch trick {
        case .garbageStatement:
            return SignedContribution(
                statementBytes: world.faults.nonce() + world.faults.nonce(), signature: signed.signature)
        case .badSignature:
            return SignedContribution(
                statementBytes: signed.statementBytes, signature: [UInt8](signed.signature.reversed()))
        default: return signed
        }
    }

    /// A second statement about the same update, by a free rider that hopes to be paid twice; an honest agent never
    /// makes one.
    func resigned(_ kept: KeptContribution) -> SignedContribution? {
        guard let first = try? ContributionStatement(decoding: kept.contribution.statementBytes) else { return nil }
        return try? ContributionStatement(
            task: first.task, round: first.round, participantKey: first.participantKey, baseModel: first.baseModel,
            configuration: first.configuration, update: first.update, parameterCount: first.parameterCount,
            sampleCount: first.sampleCount + 1, stepCount: first.stepCount, nonce: world.faults.nonce(),
            previousContribution: first.previousContribution, ledgerRootSeen: first.ledgerRootSeen,
            possession: first.possession
        ).signed(by: key)
    }

    /// A free rider sends what another sent, found on the ledger.
    func copy(from entries: [[UInt8]], _ order: TrainingOrder) {
        let others = entries.compactMap { bytes -> ContributionAccepted? in
            guard case .contributionAccepted(let accepted) = (try? EncodedEntry(decoding: bytes))?.entry.body else {
                return nil
            }
            return accepted.statement.participantKey == key.publicKey ? nil : accepted
        }
        guard !others.isEmpty else { return go(.asking, afterMs: 1_000) }
        let copied = others[world.faults.index(below: others.count)]
        settled = (order.task, order.round)
        go(
            .submitting(
                KeptContribution(
                    task: order.task, round: order.round, contribution: copied.contribution,
                    update: copied.statement.update, chunkHashes: [], blob: [])))
    }
}
