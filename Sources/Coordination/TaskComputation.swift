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
    private let terms: TaskTerms
    private let sets: EvaluationSets
    private let secret: TaskSecret
    private let scan: UpdateScan
    private var start: Start
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
        /// Nil before the first round.
        var model: Digest?
        var serverState: Digest?
        /// The last scored rounds whose records are kept, newest first.
        var scoredRounds: [UInt32]
    }

    init(
        task: Digest, configuration: TaskConfiguration, terms: TaskTerms, sets: EvaluationSets, secret: TaskSecret,
        blob: ParameterBlob, start: Start, vault: any BlobVault, threads: Int
    ) {
        self.task = task
        self.configuration = configuration
        self.terms = terms
        self.sets = sets
        self.secret = secret
        self.blob = blob
        self.start = start
        self.vault = vault
        self.threads = threads
        scan = UpdateScan(blob: blob, grid: configuration.grid)
    }

    /// Sets the model that the first round starts from; to be called before the first job.
    func begin(from model: Digest) { start.model = model }

    /// Makes an upload durable and judges it: signature, digest, possession, shape, grid.
    ///
    /// - Throws: what is the coordinator's own fault, such as a full disk.
    func check(
        _ contribution: SignedContribution, _ statement: ContributionStatement, ticket: UInt64
    ) throws(CoordinationError) -> UpdateVerdict {
        guard contribution.isSigned(by: statement.participantKey) else {
            return .refused(.badSignature, detail: "the signature is not \(statement.participantKey.did)'s")
        }
        try vault.finishUpload(task: task, round: statement.round, digest: statement.update)
        let file = try vault.update(task: task, round: statement.round, digest: statement.update)
        let squaredNorm: UInt128
        switch try scanned(file) {
        case .failure(let fault): return .refused(fault.reason, detail: fault.detail)
        case .success(let norm): squaredNorm = norm
        }
        guard try possession(of: file, by: statement.participantKey) == statement.possession else {
            return .refused(.digestMismatch, detail: UpdateVerifier.possessionDetail)
        }
        checked.insert(ticket)
        return .sound(squaredNorm: squaredNorm)
    }

    private func possession(of file: any BlobReading, by key: PublicKey) throws(CoordinationError) -> Digest {
        do { return try file.possession(by: key) } catch {
            throw CoordinationError(.storageFailed, error.message)
        }
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
            let result: RoundResult
            switch try currentAggregator() {
            case .scoring(let aggregator): result = try seal(round, accepted, with: aggregator)
            case .streaming(let aggregator): result = try seal(round, accepted, with: aggregator)
            }
            start.model = result.model
            start.serverState = result.serverState
            return result
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
            guard let metrics = result.metrics else { return result }
            try vault.storeModel(
                task: task, round: round, digest: result.model, chunkHashes: nil, header: blob.header,
                parameters: aggregator.model.parameters)
            if let state = aggregator.serverState() { try vault.storeState(task: task, round: round, bytes: state) }
            try keepHistory(aggregator.history)
            guard terms.withholdsScores else { return result }
            let scored = WithheldScores(metrics: metrics, scores: result.scores)
            try vault.storeRecord(.scores(round: round), task: task, bytes: scored.encoded)
            var committed = result
            committed.scoreCommitment = scored.commitment(
                of: task, round: round, salt: secret.salt(round: round))
            return committed
        } catch {
            throw lost ?? error
        }
    }

    /// Keeps the newest scored round for the next ones, and forgets the one that is not looked back at any more.
    ///
    /// One more is kept than a round looks back at: the newest round is not on the ledger yet, and after a restart it
    /// is scored again from those before it.
    private func keepHistory(_ history: ScoredHistory) throws(CoordinationError) {
        guard let newest = history.rounds.first else { return }
        try vault.storeRecord(.history(round: newest.round), task: task, bytes: newest.encoded)
        start.scoredRounds = ([newest.round] + start.scoredRounds.filter { $0 != newest.round })
        while start.scoredRounds.count > AggregationLimits.history + 1 {
            try vault.removeRecord(.history(round: start.scoredRounds.removeLast()), task: task)
        }
    }

    private func seal(
        _ round: UInt32, _ accepted: [AcceptedContribution], with aggregator: StreamingAggregator
    ) throws -> RoundResult {
        let failure = Mutex<CoordinationError?>(nil)
        let (vault, task, blob) = (vault, task, blob)
        let result: RoundResult
        do throws(FederationError) {
            result = try aggregator.seal(round: round, accepted: accepted) { model, digest, hashes in
                do throws(CoordinationError) {
                    try vault.storeModel(
                        task: task, round: round, digest: digest, chunkHashes: hashes, header: blob.header,
                        parameters: model)
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        } catch {
            guard error.code == .diverged else { throw error }
            // The model in memory is of no use any more: the next round reads the stored one.
            self.aggregator = nil
            return RoundResult(
                round: round, aggregate: nil, model: start.model ?? .zero, serverState: start.serverState, metrics: nil,
                scores: [], divergence: error.message)
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        if let state = aggregator.serverState() { try vault.storeState(task: task, round: round, bytes: state) }
        return result
    }

    private func currentAggregator() throws -> Aggregator {
        if let aggregator { return aggregator }
        guard let digest = start.model else {
            throw CoordinationError(.computationFailed, "the task has no model before its first round")
        }
        let model = try read(vault.model(task: task, digest: digest))
        let state = try start.serverState.map { try vault.state(task: task, digest: $0) }
        let scoring = RoundAggregator.Scoring(terms)
        let made: Aggregator
        if scoring != .none {
            made = .scoring(
                try RoundAggregator(
                    task: configuration, scoring: scoring, blob: blob,
                    start: RoundAggregator.Start(
                        model: SharedParameterSet(model), serverState: state, history: storedHistory()),
                    sets: sets, threads: threads))
        } else {
            made = .streaming(
                try StreamingAggregator(
                    task: configuration, blob: blob, model: model, serverState: state, sets: sets, threads: threads))
        }
        aggregator = made
        return made
    }

    /// The last scored rounds, from their records.
    private func storedHistory() throws -> ScoredHistory {
        let rounds = try start.scoredRounds.prefix(AggregationLimits.history).map { round in
            try ScoredRound(
                round: round, decoding: vault.record(.history(round: round), task: task), count: blob.layout.count)
        }
        return ScoredHistory(newestFirst: rounds)
    }

    private func scanned(
        _ file: any BlobReading
    ) throws(CoordinationError) -> Result<UInt128, ContributionFault> {
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
        switch try scanned(file) {
        case .success: return file
        case .failure: return nil
        }
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
