package import Attestation
import Foundation
package import Tensors

/// A run's updates, models and server optimiser states, each in a file named by its digest:
/// `updates/<round>/<digest>.safetensors`, `models/<digest>.safetensors` and `models/<digest>.state`.
///
/// Whole rounds are kept or removed, oldest first: half a round's updates re-derive nothing. Each file appears in one
/// step, but is not flushed: updates are evidence, and a power cut that takes the newest of them is found by the audit.
package struct BlobStore: Sendable {
    private let folder: RunFolder
    private let rule: RetentionRule
    private let diskBudgetBytes: UInt64
    /// Bytes of the updates kept, by round.
    private var updateBytes: [Int: UInt64]
    /// Models kept: the last round each belongs to, and its bytes. Models found on opening belong to no round and stay.
    private var models: [Digest: (round: Int, byteCount: UInt64)]
    /// Server optimiser states kept, likewise.
    private var states: [Digest: (round: Int, byteCount: UInt64)]
    /// Rounds of which nothing more is kept, and why.
    private var retired: [Int: RetiredRound.Cause] = [:]
    /// Bytes of updates, models and states now.
    package private(set) var storedBytes: UInt64

    /// Opens the store of a run folder; what is there already counts against the budget.
    package init(
        _ folder: RunFolder,
        rule: RetentionRule = .all,
        diskBudgetBytes: UInt64 = RunLimits.defaultDiskBudgetBytes
    ) throws(RunError) {
        self.folder = folder
        self.rule = rule
        self.diskBudgetBytes = diskBudgetBytes
        (updateBytes, models, states) = try Self.scan(folder)
        let others = Array(models.values) + Array(states.values)
        storedBytes = updateBytes.values.reduce(0, +) + others.reduce(0) { $0 + $1.byteCount }
    }

    /// A store to read from: what is there is not counted, however much it is.
    package init(reading folder: RunFolder) {
        self.folder = folder
        rule = .all
        diskBudgetBytes = .max
        updateBytes = [:]
        models = [:]
        states = [:]
        storedBytes = 0
    }

    /// Rounds whose updates are kept, ascending.
    package var retainedRounds: [Int] { updateBytes.keys.sorted() }

    /// What was kept, for the run's summary.
    package var retention: RetentionSummary {
        RetentionSummary(
            rule: rule.description,
            diskBudgetBytes: diskBudgetBytes,
            storedBytes: storedBytes,
            retainedRounds: retainedRounds,
            retiredByBudget: retired.filter { $0.value == .budget }.keys.sorted()
        )
    }

    /// Stores an accepted update of a round, a safetensors header and its values, under its digest.
    ///
    /// - Returns: the rounds that gave way, oldest first; the update's own round is among them where the rule keeps no
    ///   updates or the round alone passes the budget.
    package mutating func putUpdate(
        round: Int,
        digest: Digest,
        header: RawSpan,
        values: RawSpan
    ) throws(RunError) -> [RetiredRound] {
        var gone = try retireByRule(newest: round)
        guard retired[round] == nil else { return gone }
        let size = UInt64(header.byteCount) + UInt64(values.byteCount)
        gone += try retireByBudget(adding: size, protecting: round)
        if storedBytes + size > diskBudgetBytes {
            gone.append(try retire(round, cause: .budget))
            return gone
        }
        if updateBytes[round] == nil { try folder.makeFolder(folder.updates(ofRound: round)) }
        let path = updatePath(round: round, digest: digest)
        if let present = Self.byteCount(path) {
            try Self.check(present, equals: size, path)
            return gone
        }
        try DurableFile.write(header: header, values: values, to: path, flushed: false)
        updateBytes[round, default: 0] += size
        storedBytes += size
        return gone
    }

    /// Stores the model that a round produced; the initial model is round 0's.
    ///
    /// Models go with the rounds that need them: that of round r is the base of round r + 1, and scoring round r + 2
    /// needs it too. The newest always stays.
    ///
    /// - Returns: the rounds that gave way, oldest first.
    package mutating func putModel(
        round: Int,
        digest: Digest,
        header: RawSpan,
        values: RawSpan
    ) throws(RunError) -> [RetiredRound] {
        let size = UInt64(header.byteCount) + UInt64(values.byteCount)
        var gone = try retireByRule(newest: round)
        if let known = models[digest] {
            try Self.check(Int(clamping: known.byteCount), equals: size, modelPath(digest))
            models[digest] = (max(known.round, round), known.byteCount)
            try removeModelsNoRoundNeeds()
            return gone
        }
        gone += try retireByBudget(adding: size, protecting: nil)
        try folder.makeFolder(folder.models)
        try DurableFile.write(header: header, values: values, to: modelPath(digest), flushed: false)
        models[digest] = (round, size)
        storedBytes += size
        try removeModelsNoRoundNeeds()
        return gone
    }

    /// Stores the server optimiser's state after a round, named by its SHA-256; it goes when the model of its round
    /// goes.
    ///
    /// - Returns: the rounds that gave way, oldest first.
    @discardableResult
    package mutating func putServerState(round: Int, bytes: [UInt8]) throws(RunError) -> [RetiredRound] {
        let digest = SHA256.hash(bytes)
        if let known = states[digest] {
            states[digest] = (max(known.round, round), known.byteCount)
            return []
        }
        let size = UInt64(bytes.count)
        let gone = try retireByBudget(adding: size, protecting: nil)
        try folder.makeFolder(folder.models)
        try DurableFile.write(bytes, to: serverStatePath(digest), flushed: false)
        states[digest] = (round, size)
        storedBytes += size
        try removeModelsNoRoundNeeds()
        return gone
    }

    /// The server optimiser's state of that digest, its bytes checked against it. Throws `missing` or `malformed`.
    package func serverState(_ digest: Digest, limit: Int) throws(RunError) -> [UInt8] {
        let path = serverStatePath(digest)
        let bytes = try DurableFile.read(path, limit: limit)
        guard SHA256.hash(bytes) == digest else {
            throw RunError(.malformed, "\(path) does not have the digest that it is named by")
        }
        return bytes
    }

    /// Where a server optimiser's state is, or would be.
    package func serverStatePath(_ digest: Digest) -> String {
        folder.models.appendingPathComponent("\(digest.hex).state").path
    }

    /// An update of a round, mapped for reading. Throws `missing` where it was not kept.
    package func openUpdate(round: Int, digest: Digest) throws(RunError) -> MappedFile {
        try Self.map(updatePath(round: round, digest: digest))
    }

    /// A model, mapped for reading. Throws `missing` where it was not kept.
    package func openModel(_ digest: Digest) throws(RunError) -> MappedFile {
        try Self.map(modelPath(digest))
    }

    /// Whether a model is kept.
    package func holdsModel(_ digest: Digest) -> Bool { models[digest] != nil }

    /// Where an update of a round is, or would be.
    package func updatePath(round: Int, digest: Digest) -> String {
        folder.updates(ofRound: round).appendingPathComponent(digest.hex + Self.suffix).path
    }

    /// Where a model is, or would be.
    package func modelPath(_ digest: Digest) -> String {
        folder.models.appendingPathComponent(digest.hex + Self.suffix).path
    }

    private static let suffix = ".safetensors"

    private mutating func retireByRule(newest round: Int) throws(RunError) -> [RetiredRound] {
        let firstKept = rule.firstKept(newest: max(round, updateBytes.keys.max() ?? round)) ?? .max
        var gone: [RetiredRound] = []
        if let oldest = updateBytes.keys.min(), oldest < firstKept {
            for old in retainedRounds where old < firstKept { gone.append(try retire(old, cause: .rule)) }
        }
        if round < firstKept, round > 0 { retired[round] = retired[round] ?? .rule }
        return gone
    }

    private mutating func retireByBudget(adding size: UInt64, protecting round: Int?) throws(RunError) -> [RetiredRound]
    {
        var gone: [RetiredRound] = []
        guard storedBytes + size > diskBudgetBytes else { return [] }
        for old in retainedRounds where old != round && storedBytes + size > diskBudgetBytes {
            gone.append(try retire(old, cause: .budget))
        }
        return gone
    }

    private mutating func retire(_ round: Int, cause: RetiredRound.Cause) throws(RunError) -> RetiredRound {
        let freed = updateBytes.removeValue(forKey: round) ?? 0
        retired[round] = cause
        if freed > 0 { try Self.remove(folder.updates(ofRound: round).path) }
        storedBytes -= freed
        try removeModelsNoRoundNeeds()
        return RetiredRound(round: round, byteCount: freed, cause: cause)
    }

    /// Removes models and states before those that the oldest round kept starts from: its base, and the model before
    /// that, whose difference scoring needs. Where no round is kept, the newest two stay for the round that comes next,
    /// or the newest alone where none will be kept.
    private mutating func removeModelsNoRoundNeeds() throws(RunError) {
        guard !retired.isEmpty || rule == .none, let newest = models.values.map(\.round).max() else { return }
        let oldestNeeded = rule == .none ? newest : min(newest, (updateBytes.keys.min() ?? newest + 1) - 2)
        for (digest, model) in models where model.round < oldestNeeded && model.round != Self.noRound {
            try Self.remove(modelPath(digest))
            models[digest] = nil
            storedBytes -= model.byteCount
        }
        for (digest, state) in states where state.round < oldestNeeded && state.round != Self.noRound {
            try Self.remove(serverStatePath(digest))
            states[digest] = nil
            storedBytes -= state.byteCount
        }
    }
}
