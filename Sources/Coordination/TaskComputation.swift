import Aggregation
import Attestation
import Federation
import Ledger
import Synchronization
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
    private let scan: UpdateScan
    private let start: Start
    /// Made by the first job that needs it.
    private var aggregator: Aggregator?
    /// Updates that were checked since the start, by ticket: their files are what was accepted.
    private var checked: Set<UInt64> = []

    /// What averages and scores: with the updates in memory where they are scored, from their files where not.
    private enum Aggregator {
        case scoring(RoundAggregator)
        case streaming(StreamingAggregator)
    }

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
        scan = UpdateScan(blob: blob, grid: material.task.grid)
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
        if let fault = try scanned(file) { return .refused(fault.reason, detail: fault.detail) }
        checked.insert(ticket)
        return .sound
    }

    /// Lets go of an update that was checked and then not accepted.
    func forget(ticket: UInt64) { checked.remove(ticket) }

    /// Adds an accepted update to the round's sum.
    ///
    /// - Returns: false if its bytes are gone or damaged: they must be sent again.
    func fold(_ contribution: AcceptedContribution, round: UInt32) throws(CoordinationError) -> Bool {
        guard let file = try intactFile(of: contribution, round: round) else { return false }
        do {
            switch try currentAggregator() {
            case .scoring(let aggregator): try aggregator.fold(checkedUpdate(contribution, file), contribution)
            case .streaming(let aggregator): try aggregator.fold(file, contribution)
            }
        } catch let error as CoordinationError {
            throw error
        } catch {
            throw CoordinationError(.computationFailed, "\(error)")
        }
        return true
    }

    /// Drops the round's sum.
    func abandon() {
        switch aggregator {
        case .scoring(let aggregator): aggregator.abandon()
        case .streaming(let aggregator): aggregator.abandon()
        case nil: break
        }
        checked.removeAll()
    }

    /// Averages and scores a round, and keeps the model durably.
    func seal(round: UInt32, accepted: [AcceptedContribution]) throws(CoordinationError) -> RoundResult {
        checked.removeAll()
        do {
            switch try currentAggregator() {
            case .scoring(let aggregator): return try seal(round, accepted, with: aggregator)
            case .streaming(let aggregator): return try seal(round, accepted, with: aggregator)
            }
        } catch let error as CoordinationError {
            throw error
        } catch {
            // A disk's failure may pass, and what is lost can be sent again; the rest cannot be mended here.
            throw CoordinationError(
                .computationFailed, "round \(round) cannot be computed: \(error)",
                hint: "the task stands still; the ledger shows its last sealed round")
        }
    }

    private func seal(
        _ round: UInt32, _ accepted: [AcceptedContribution], with aggregator: RoundAggregator
    ) throws -> RoundResult {
        var lost: CoordinationError?
        do {
            let result = try aggregator.seal(round: round, accepted: accepted) { contribution throws(FederationError) in
                do throws(CoordinationError) {
                    if let file = try intactFile(of: contribution, round: round) {
                        return try checkedUpdate(contribution, file)
                    }
                    lost = CoordinationError(.storageFailed, "update \(contribution.update) cannot be read back")
                } catch {
                    lost = error
                }
                throw FederationError(.unusableUpdate, "update \(contribution.update) cannot be read back")
            }
            try vault.storeModel(
                task: task, round: round, digest: result.model, chunkHashes: nil, header: blob.header,
                parameters: aggregator.model.parameters)
            if let state = aggregator.serverState() { try vault.storeState(task: task, round: round, bytes: state) }
            return result
        } catch {
            throw lost ?? error
        }
    }

    private func seal(
        _ round: UInt32, _ accepted: [AcceptedContribution], with aggregator: StreamingAggregator
    ) throws -> RoundResult {
        let failure = Mutex<CoordinationError?>(nil)
        let (vault, task, blob) = (vault, task, blob)
        let result = try aggregator.seal(round: round, accepted: accepted) { model, digest, hashes in
            do throws(CoordinationError) {
                try vault.storeModel(
                    task: task, round: round, digest: digest, chunkHashes: hashes, header: blob.header,
                    parameters: model)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        if let state = aggregator.serverState() { try vault.storeState(task: task, round: round, bytes: state) }
        return result
    }

    private func currentAggregator() throws -> Aggregator {
        if let aggregator { return aggregator }
        let model = try read(vault.model(task: task, digest: start.model))
        let state = try start.serverState.map { try vault.state(task: task, digest: $0) }
        let made: Aggregator
        if configuration.reward.score.isPath {
            let previous = try start.previousModel.map {
                SharedParameterSet(try read(vault.model(task: task, digest: $0)))
            }
            made = .scoring(
                try RoundAggregator(
                    task: configuration, blob: blob,
                    start: RoundAggregator.Start(
                        model: SharedParameterSet(model), previousModel: previous, serverState: state),
                    validation: material.validation, test: material.test, threads: threads))
        } else {
            made = .streaming(
                try StreamingAggregator(
                    task: configuration, blob: blob, model: model, serverState: state,
                    validation: material.validation, test: material.test, threads: threads))
        }
        aggregator = made
        return made
    }

    private func scanned(_ file: any BlobReading) throws(CoordinationError) -> ContributionFault? {
        do { return try scan.scan(file, threads: threads) } catch {
            throw CoordinationError(.storageFailed, error.message)
        }
    }

    /// The file of an accepted update; nil if it is not there or not what was accepted. What was checked since the
    /// start is taken as it is, anything older is digested again: a loss of power may have damaged it.
    private func intactFile(
        of contribution: AcceptedContribution, round: UInt32
    ) throws(CoordinationError) -> (any BlobReading)? {
        let file: any BlobReading
        do throws(CoordinationError) {
            // Sent again after its bytes were gone, it is an upload once more.
            if !checked.contains(contribution.ticket),
                vault.hasUpload(task: task, round: round, digest: contribution.update)
            {
                try vault.finishUpload(task: task, round: round, digest: contribution.update)
            }
            file = try vault.update(task: task, round: round, digest: contribution.update)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        if checked.contains(contribution.ticket) { return file }
        guard try digest(of: file) == contribution.update else {
            try vault.discardUpdate(task: task, round: round, digest: contribution.update)
            return nil
        }
        return try scanned(file) == nil ? file : nil
    }

    private func digest(of file: any BlobReading) throws(CoordinationError) -> Digest {
        do { return BlobDigest.digest(ofChunkHashes: try file.chunkHashes()) } catch {
            throw CoordinationError(.storageFailed, error.message)
        }
    }

    private func checkedUpdate(
        _ contribution: AcceptedContribution, _ file: any BlobReading
    ) throws(CoordinationError) -> CheckedUpdate {
        let update = try read(file)
        do {
            return try CheckedUpdate(
                checking: SharedParameterSet(update), weight: Int64(contribution.weight), layout: blob.layout,
                grid: configuration.grid, threads: threads)
        } catch {
            throw CoordinationError(.computationFailed, error.message)
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
        var set = ParameterSet(unwritten: blob.layout)
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
