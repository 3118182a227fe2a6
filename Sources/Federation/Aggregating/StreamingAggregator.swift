internal import Aggregation
package import Attestation
internal import Ledger
internal import Synchronization
package import Tensors
internal import Training

/// Averages and evaluates rounds of a task that pays no value, in the memory of the model alone.
///
/// Updates stay in their files until the round is sealed; each is then read once, piece by piece, while the model
/// moves in place and is digested in the same pass. Model and result are those of `RoundAggregator`, bit for bit.
///
/// Memory: the model (4 bytes a value), 192 KiB a thread, the evaluation's activations; with server momentum 8 bytes a
/// value more. Whatever the number of updates. Not Sendable: one thread drives it, and its workers are inside.
package final class StreamingAggregator {
    /// An accepted update of the open round.
    private struct Folded {
        let file: any BlobReading
        let contribution: AcceptedContribution
    }

    private let task: TaskConfiguration
    private let blob: ParameterBlob
    private let measure: ModelMeasure
    private let threads: Int
    private var model: ParameterSet
    private var optimizer: ServerOptimizer
    private var folded: [Folded] = []
    private var totalWeight: Int64 = 0
    /// Loss of the current model on the validation set, if the last round left it.
    private var lossAtModel: Double?
    /// What went wrong in the middle of a step, which leaves a model that is neither the old nor the new one.
    private var breakage: FederationError?

    /// An aggregator at the start of a round.
    ///
    /// - Parameters:
    ///   - model: the current global model.
    ///   - serverState: the server optimiser's momentum, as `serverState()` gave it; nil before the first step.
    ///   - threads: most threads to use; the results do not depend on it.
    /// - Throws: `FederationError` with code `inconsistentConfiguration` if the task pays path scores, which need the
    ///   updates in memory; `underlying` if the task's rules or the server state cannot be used.
    package init(
        task: TaskConfiguration,
        blob: ParameterBlob,
        model: consuming ParameterSet,
        serverState: [UInt8]?,
        sets: EvaluationSets,
        threads: Int
    ) throws(FederationError) {
        guard task.reward.score != .value else {
            throw FederationError(
                .inconsistentConfiguration, "updates are not kept, so their path scores cannot be taken",
                hint: "pay the score samples, or none")
        }
        guard model.layout == blob.layout else {
            throw FederationError(.inconsistentConfiguration, "the model is not laid out as the task's files are")
        }
        measure = try ModelMeasure(task, validation: sets.validation, test: sets.test, threads: threads)
        do {
            optimizer = try ServerOptimizer.resuming(
                learningRate: task.server.learningRate, momentum: task.server.momentum, state: serverState,
                count: blob.layout.count)
        } catch {
            throw FederationError(.underlying, "\(error)")
        }
        self.task = task
        self.blob = blob
        self.threads = threads
        self.model = model
    }

    /// The server optimiser's momentum, nil if it has none.
    package func serverState() -> [UInt8]? { optimizer.state() }

    /// Lends the current global model.
    package func withModel<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing ParameterSet) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(model)
    }

    /// Remembers an accepted update; its values are read when the round is sealed.
    ///
    /// - Throws: `FederationError` with code `unusableUpdate` if the file's length is not the task's, or the round's
    ///   weights would pass the range of exact sums.
    package func fold(_ file: any BlobReading, _ contribution: AcceptedContribution) throws(FederationError) {
        if let reason = blob.lengthFault(file.byteCount) { throw FederationError(.unusableUpdate, reason) }
        guard contribution.weight <= UInt64(AggregationLimits.totalWeight - totalWeight) else {
            throw FederationError(
                .unusableUpdate,
                "weights of \(totalWeight) and \(contribution.weight); up to \(AggregationLimits.totalWeight) the sum is exact"
            )
        }
        totalWeight += Int64(contribution.weight)
        folded.append(Folded(file: file, contribution: contribution))
    }

    /// Forgets the round's updates.
    package func abandon() {
        folded.removeAll()
        totalWeight = 0
    }

    /// Ends a round: moves the model by the average of the updates folded, and measures it.
    ///
    /// - Parameters:
    ///   - accepted: the round's contributions, ascending by participant: those that were folded.
    ///   - keep: given the new model, its digest and its chunks' hashes; called on another thread while the model is
    ///     measured, since keeping it is mostly waiting for a disk. The round may still turn out to have diverged.
    /// - Throws: `FederationError` with code `unusableUpdate` if an update cannot be read, or no longer has the values
    ///   it was accepted with; `diverged` if a loss or the model is not finite. After either of them the model in
    ///   memory is of no use: every later `seal` throws the same, and an aggregator is to be made anew from the model
    ///   that is stored.
    package func seal(
        round: UInt32, accepted: [AcceptedContribution],
        keep: (@Sendable (_ model: borrowing ParameterSet, _ digest: Digest, _ hashes: [Digest]) -> Void)? = nil
    ) throws(FederationError) -> RoundResult {
        if let breakage { throw breakage }
        guard accepted == folded.map(\.contribution).sorted(by: { $0.participant < $1.participant }) else {
            throw FederationError(
                .unusableUpdate, "\(accepted.count) contributions to seal are not the \(folded.count) that were folded")
        }
        guard !folded.isEmpty else {
            throw FederationError(.unusableUpdate, "there is no update to average", hint: "close the round without")
        }
        guard totalWeight > 0 else {
            throw FederationError(.diverged, "every update is so long that the round's bound leaves it no weight")
        }
        let lossBefore = try measuredLoss()
        let digest: Digest
        let metrics: RoundMetrics
        do throws(FederationError) {
            let hashes = try step()
            digest = BlobDigest.digest(ofChunkHashes: hashes)
            let (lossAfter, tested) = try measured { [digest] model in keep?(model, digest, hashes) }
            metrics = try measure.metrics(lossBefore: lossBefore, lossAfter: lossAfter, test: tested, scoreGap: 0)
            lossAtModel = lossAfter
        } catch {
            breakage = error
            throw error
        }
        abandon()
        return RoundResult(
            round: round,
            aggregate: nil,
            model: digest,
            serverState: optimizer.stateDigest(),
            metrics: metrics,
            scores: [])
    }

    /// The validation loss of the current model, taken now unless the last round left it.
    private func measuredLoss() throws(FederationError) -> Double {
        if let lossAtModel { return lossAtModel }
        return try measure.validationLoss(of: model)
    }

    /// The new model's losses, taken while it is kept.
    private func measured(
        whileKeptBy keep: @Sendable (borrowing ParameterSet) -> Void
    ) throws(FederationError) -> (validationLoss: Double, test: Evaluation) {
        let measure = measure
        let result = Mutex<Result<(validationLoss: Double, test: Evaluation), FederationError>?>(nil)
        withUnsafePointer(to: model) { model in
            nonisolated(unsafe) let model = model
            WorkSplit.forEachItem(of: 2, threads: min(2, threads)) { item, _ in
                if item == 0 { return keep(model.pointee) }
                let measured = Result { () throws(FederationError) in
                    try measure.validationLossAndTest(of: model.pointee)
                }
                result.withLock { $0 = measured }
            }
        }
        guard let measured = result.withLock({ $0 }) else { preconditionFailure("the model was measured") }
        return try measured.get()
    }

    /// Moves the model in place and gives its chunks' hashes. A tile is a chunk of the model's file, so that each is
    /// hashed while it is still in cache.
    private func step() throws(FederationError) -> [Digest] {
        let (blob, folded) = (blob, folded)
        let tiles = blob.tiles
        let hashes = Mutex([Digest](repeating: .zero, count: tiles.count))
        do throws(AggregationError) {
            let updates = try StreamedUpdates(
                weights: folded.map { Int64($0.contribution.weight) },
                denominator: task.denominator(of: folded.map(\.contribution)), grid: task.grid
            ) { index, range, target throws(AggregationError) in
                do throws(FederationError) {
                    try blob.read(target, from: range.lowerBound, of: folded[index].file)
                } catch {
                    throw AggregationError(.unreadable, error.message)
                }
            }
            try optimizer.step(model: &model, updates: updates, tiles: tiles, threads: threads) { tile, values in
                let hash = blob.header(inChunk: tile).withUnsafeBytes { header in
                    BlobDigest.chunkHashes(ofParts: [header, UnsafeRawBufferPointer(values)], threads: 1)[0]
                }
                hashes.withLock { $0[tile] = hash }
            }
        } catch {
            let code: FederationError.Code = error.code == .divergent ? .diverged : .unusableUpdate
            throw FederationError(code, error.message)
        }
        return hashes.withLock { $0 }
    }
}
