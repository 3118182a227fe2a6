internal import Attestation
internal import Tensors

/// Three batches on their way through a replay: one is read, one decoded, one applied, all at the same time.
///
/// Decoding takes most of the time and is shared among all threads; whichever thread is done with the ordered work
/// helps with it.
struct ReplayPipeline {
    private(set) var state = LedgerState()
    private(set) var tree = CompactMerkleTree()
    /// The entries that the last step applied.
    private(set) var applied: [EncodedEntry] = []
    /// What ended the replay.
    private(set) var fault: LedgerError?
    private let store: any LedgerStore
    private let verifySignatures: Bool
    private let keepsApplied: Bool
    private let count: UInt64
    private var readCount: UInt64 = 0
    private var stored: [StoredEntry] = []
    private var decoded: [DecodedEntry] = []
    /// A failure to read, which counts once the entries before it are applied.
    private var readFault: LedgerError?

    /// Entries that a thread decodes at a time.
    private static let chunk = 128

    /// - Parameter keepsApplied: whether somebody looks at `applied`.
    init(store: any LedgerStore, verifySignatures: Bool, keepsApplied: Bool) {
        self.store = store
        self.verifySignatures = verifySignatures
        self.keepsApplied = keepsApplied
        count = store.count
        // Bounded: a file may claim any count.
        state.sequences.reserveCapacity(Int(min(count, UInt64(LedgerLimits.reservedEntryCount))))
    }

    /// Whether everything is applied, or nothing more can be.
    var isDone: Bool { fault != nil || (state.count == count && readFault == nil) }

    /// Applies the decoded batch, decodes the one that was read, and reads the next.
    mutating func advance(threads: Int) {
        let end = min(count, readCount + UInt64(LedgerLimits.replayBatchCount))
        let range = readCount..<(readFault == nil ? end : readCount)
        let batch = stored
        let chunks = (batch.count + Self.chunk - 1) / Self.chunk
        // Item 0 changes the state and the tree, item 1 writes `read`, each other item its own part of `next`.
        nonisolated(unsafe) var step = ApplyStep(state: state, tree: tree, entries: decoded, keepsApplied: keepsApplied)
        // The copy in `step` must be the only one, or the first change would copy the whole state.
        state = LedgerState()
        decoded = []
        nonisolated(unsafe) var read: (entries: [StoredEntry], fault: LedgerError?) = ([], nil)
        nonisolated(unsafe) let store = store
        let verifySignatures = verifySignatures
        decoded = [DecodedEntry](unsafeUninitializedCapacity: batch.count) { buffer, initialized in
            nonisolated(unsafe) let next = buffer
            WorkSplit.forEachItem(of: chunks + 2, threads: threads) { item, _ in
                switch item {
                case 0: step.run()
                case 1: read = Self.read(store, range)
                default:
                    for index in (item - 2) * Self.chunk..<min(batch.count, (item - 1) * Self.chunk) {
                        (next.baseAddress.unsafelyUnwrapped + index).initialize(
                            to: DecodedEntry(batch[index], verifySignature: verifySignatures)
                        )
                    }
                }
            }
            initialized = batch.count
        }
        (state, tree, applied) = (step.state, step.tree, step.applied)
        stored = read.entries
        readCount += UInt64(stored.count)
        readFault = readFault ?? read.fault
        let hasNothingLeft = stored.isEmpty && decoded.isEmpty
        fault = step.fault ?? (hasNothingLeft ? readFault : nil)
    }

    /// The entries of a range as far as they can be read, and what is wrong with the next.
    private static func read(
        _ store: any LedgerStore,
        _ range: Range<UInt64>
    ) -> (entries: [StoredEntry], fault: LedgerError?) {
        guard !range.isEmpty else { return ([], nil) }
        do throws(LedgerError) {
            let entries = try store.entries(in: range)
            let end = range.lowerBound + UInt64(entries.count)
            guard end == range.upperBound else {
                return (entries, LedgerError(.storeCorrupt, "the store ends early", sequence: end))
            }
            return (entries, nil)
        } catch {
            guard let end = error.sequence, range.contains(end) else { return ([], error) }
            let entries = (try? store.entries(in: range.lowerBound..<end)) ?? []
            return (entries, error)
        }
    }
}

/// The ordered part of a step.
private struct ApplyStep {
    var state: LedgerState
    var tree: CompactMerkleTree
    let entries: [DecodedEntry]
    let keepsApplied: Bool
    var applied: [EncodedEntry] = []
    var fault: LedgerError?

    init(state: LedgerState, tree: CompactMerkleTree, entries: [DecodedEntry], keepsApplied: Bool) {
        self.state = state
        self.tree = tree
        self.entries = entries
        self.keepsApplied = keepsApplied
    }

    mutating func run() {
        if keepsApplied { applied.reserveCapacity(entries.count) }
        do throws(LedgerError) {
            for decoded in entries {
                let entry = try decoded.get(at: state.count)
                try LedgerRules.apply(entry, to: &state)
                tree.append(leafHash: entry.leafHash)
                if keepsApplied { applied.append(entry) }
            }
        } catch {
            fault = error
        }
    }
}

/// An entry, or what is wrong with it apart from its place in the log.
private enum DecodedEntry: Sendable {
    case right(EncodedEntry)
    case wrong(LedgerError)

    init(_ stored: StoredEntry, verifySignature: Bool) {
        do throws(LedgerError) {
            let entry = try EncodedEntry(decoding: stored.bytes)
            guard entry.leafHash == stored.leafHash else {
                throw LedgerError(
                    .leafMismatch,
                    "the stored leaf hash is \(stored.leafHash), but the bytes hash to \(entry.leafHash)"
                )
            }
            if verifySignature { try SignatureCheck.verify(entry.entry.body) }
            self = .right(entry)
        } catch {
            self = .wrong(error)
        }
    }

    func get(at sequence: UInt64) throws(LedgerError) -> EncodedEntry {
        switch self {
        case .right(let entry): return entry
        case .wrong(let error): throw error.at(sequence: sequence)
        }
    }
}
