internal import Attestation
internal import FoundationEssentials
internal import Wire

/// A round that the coordinator offers, as an agent needs it.
struct WorkOrder: Sendable {
    let task: Digest
    let round: UInt32
    let baseModel: Digest
    let baseModelByteCount: UInt64
    /// Until the round closes, when the order was written, in milliseconds.
    let remainingMs: UInt64
    let previousContribution: Digest
    let ledgerRoot: Digest
    let previousModel: Digest?
    /// Square of the length up to which an update counts in full; nil where the order names none.
    let boundSquared: UInt128?
    /// The entry that set the task's pool aside, and its receipt, not yet checked; nil where the order names none.
    let funding: (sequence: UInt64, receipt: [UInt8])?

    /// - Throws: `AgentError` with code `unexpectedAnswer`.
    init(_ wire: WireTrainingOrder) throws(AgentError) {
        do {
            task = try Digest(bytes: wire.task)
            baseModel = try Digest(bytes: wire.baseModel)
            previousContribution = try Digest(bytes: wire.previousContribution)
            ledgerRoot = try Digest(bytes: wire.ledgerRoot)
            previousModel = wire.previousModel.isEmpty ? nil : try Digest(bytes: wire.previousModel)
        } catch {
            throw AgentError(.unexpectedAnswer, "the coordinator's order cannot be read: \(error.message)")
        }
        guard wire.baseModelByteCount <= AgentLimits.blobByteCount else {
            throw AgentError(.unexpectedAnswer, "the order names a model of \(wire.baseModelByteCount) bytes")
        }
        boundSquared = WireNumber.value(wire.boundSquared)
        round = wire.round
        baseModelByteCount = wire.baseModelByteCount
        remainingMs = wire.deadlineMs - min(wire.nowMs, wire.deadlineMs)
        funding = wire.funding.isEmpty ? nil : (wire.fundingSequence, [UInt8](wire.funding))
    }

    var key: RoundKey { RoundKey(task: task, round: round) }
}

/// One round of one task.
struct RoundKey: Hashable, Sendable {
    let task: Digest
    let round: UInt32
}
