import Aggregation
import Attestation
import Federation
import Ledger
import Tensors

/// A task's heavy work: checking updates, folding them, averaging and scoring rounds.
///
/// Only the task's jobs use it, one after the other, hence `Sendable`.
final class TaskComputation: @unchecked Sendable {
    let task: Digest
    private let configuration: TaskConfiguration
    private let blob: ParameterBlob
    private let vault: any BlobVault
    private let threads: Int
    private let material: TaskMaterial
    private let verifier: UpdateVerifier
    private let start: Start
    /// Made by the first job that needs it.
    private var aggregator: RoundAggregator?
    /// Checked and not yet folded, by ticket.
    private var checked: [UInt64: CheckedUpdate] = [:]

    /// What the task's next round starts from, by digest.
    struct Start {
        let model: Digest
        let previousModel: Digest?
        let serverState: Digest?
    }

    init(
        task: Digest, material: TaskMaterial, blob: ParameterBlob, start: Start, vault: any BlobVault, threads: Int
    ) {
        self.task = task
        self.material = material
        configuration = material.task
        self.blob = blob
        self.start = start
        self.vault = vault
        self.threads = threads
        verifier = UpdateVerifier(blob: blob, grid: material.task.grid)
    }

    /// Makes an upload durable and judges it: signature, digest, shape, grid.
    ///
    /// - Throws: what is the coordinator's own fault, such as a full disk.
    func check(
        _ entry: ContributionAccepted, ticket: UInt64
    ) throws(CoordinationError) -> UpdateVerdict {
        let statement = entry.statement
        guard entry.contribution.isSigned(by: statement.participantKey) else {
            return .refused(.badSignature, detail: "the signature is not \(statement.participantKey.did)'s")
        }
        try vault.finishUpload(task: task, round: statement.round, digest: statement.update)
        let file = try vault.update(task: task, round: statement.round, digest: statement.update)
        let update: ParameterSet
        do { update = try read(file) } catch { return .refused(.badShape, detail: error.message) }
        let verdict = verifier.verify(
            entry.contribution, statement: statement, update: SharedParameterSet(update), threads: threads)
        switch verdict {
        case .success(let update):
            checked[ticket] = update
            return .sound
        case .failure(let fault): return .refused(fault.reason, detail: fault.detail)
        }
    }

    /// Lets go of an update that was checked and then not accepted.
    func forget(ticket: UInt64) { checked[ticket] = nil }

    /// Adds an accepted update to the round's sum.
    ///
    /// - Returns: false if its bytes are gone or damaged: they must be sent again.
    func fold(_ contribution: AcceptedContribution, round: UInt32) throws(CoordinationError) -> Bool {
        var update = checked.removeValue(forKey: contribution.ticket)
        if update == nil { update = try recall(contribution, round: round) }
        guard let update else { return false }
        do {
            try currentAggregator().fold(update, contribution)
        } catch let error as CoordinationError {
            throw error
        } catch {
            throw CoordinationError(.computationFailed, "\(error)")
        }
        return true
    }

    /// Drops the round's sum.
    func abandon() {
        aggregator?.abandon()
        checked.removeAll()
    }

    /// Averages and scores a round, and keeps the model durably.
    func seal(round: UInt32, accepted: [AcceptedContribution]) throws(CoordinationError) -> RoundResult {
        var lost: CoordinationError?
        do {
            let aggregator = try currentAggregator()
            let result = try aggregator.seal(round: round, accepted: accepted) { contribution throws(FederationError) in
                do throws(CoordinationError) {
                    if let update = try recall(contribution, round: round) { return update }
                    lost = CoordinationError(.storageFailed, "update \(contribution.update) cannot be read back")
                } catch {
                    lost = error
                }
                throw FederationError(.unusableUpdate, "update \(contribution.update) cannot be read back")
            }
            try vault.storeModel(
                task: task, round: round, digest: result.model, header: blob.header,
                parameters: aggregator.model.parameters)
            if let state = aggregator.serverState() {
                try vault.storeState(task: task, round: round, bytes: state)
            }
            return result
        } catch let error as CoordinationError {
            throw error
        } catch {
            // A disk's failure may pass, and what is lost can be sent again; the rest cannot be mended here.
            throw lost
                ?? CoordinationError(
                    .computationFailed, "round \(round) cannot be computed: \(error)",
                    hint: "the task stands still; the ledger shows its last sealed round")
        }
    }

    private func currentAggregator() throws -> RoundAggregator {
        if let aggregator { return aggregator }
        let model = SharedParameterSet(try read(vault.model(task: task, digest: start.model)))
        let previous = try start.previousModel.map {
            SharedParameterSet(try read(vault.model(task: task, digest: $0)))
        }
        let state = try start.serverState.map { try vault.state(task: task, digest: $0) }
        let made = try RoundAggregator(
            task: configuration, blob: blob,
            start: RoundAggregator.Start(model: model, previousModel: previous, serverState: state),
            validation: material.validation, test: material.test, threads: threads)
        aggregator = made
        return made
    }

    /// Reads an accepted update back; nil if it is not there or not what was accepted.
    private func recall(
        _ contribution: AcceptedContribution, round: UInt32
    ) throws(CoordinationError) -> CheckedUpdate? {
        let update: SharedParameterSet
        do throws(CoordinationError) {
            // Sent again after its bytes were gone, it is an upload once more.
            if vault.hasUpload(task: task, round: round, digest: contribution.update) {
                try vault.finishUpload(task: task, round: round, digest: contribution.update)
            }
            let file = try vault.update(task: task, round: round, digest: contribution.update)
            update = SharedParameterSet(try read(file))
        } catch {
            guard error.code == .notFound || error.code == .wrongDigest else { throw error }
            return nil
        }
        guard blob.digest(of: update.parameters, threads: threads) == contribution.update else { return nil }
        do {
            return try CheckedUpdate(
                checking: update, weight: Int64(contribution.weight), layout: blob.layout, grid: configuration.grid,
                threads: threads)
        } catch {
            return nil
        }
    }

    /// A parameter set from its file.
    ///
    /// - Throws: `wrongDigest` if the file is not one of this task, `storageFailed` if it cannot be read.
    private func read(_ file: any BlobReading) throws(CoordinationError) -> ParameterSet {
        guard file.byteCount == blob.byteCount else {
            throw CoordinationError(
                .wrongDigest, "the file has \(file.byteCount) bytes; the task's have \(blob.byteCount)")
        }
        var header = [UInt8](repeating: 0, count: blob.header.count)
        var set = ParameterSet(zeros: blob.layout)
        do {
            try header.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            let offset = blob.header.count
            try set.values.withUnsafeMutableValues {
                try file.read(into: UnsafeMutableRawBufferPointer($0), at: offset)
            }
        } catch {
            throw CoordinationError(.storageFailed, "\(error)")
        }
        guard header == blob.header else {
            throw CoordinationError(.wrongDigest, "the file's header is not the task's canonical one")
        }
        return set
    }
}
