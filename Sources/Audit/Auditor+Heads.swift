import Attestation
import Foundation
import Ledger
import Runs

/// The heads that the coordinator signed over this ledger, wherever they lie: in the file `checkpoint`, which is
/// written when a coordinator stops, or in the ledger's own file, which has those of closed tasks and receipts.
extension Auditor {
    /// Every head must be signed by the coordinator and be of this ledger as it is or was. The newest one counts.
    func checkHeads(
        _ folder: AuditedFolder, _ replayed: ReplayedLedger, _ genesis: Genesis, into report: inout AuditReport
    ) throws(AuditError) {
        let file = AuditFault.Place.file("checkpoint")
        let verifier: NoteVerifier
        do {
            let named = try NoteVerifier(name: genesis.origin, publicKey: genesis.coordinatorKey)
            report.key = named.vkey
            if let pinned = options.key, pinned.vkey != named.vkey {
                throw AuditError(
                    .wrongKey, "the ledger names the coordinator's key \(named.vkey), not \(pinned.vkey)",
                    hint: "this is another coordinator's ledger, or a forged one")
            }
            verifier = options.key ?? named
        } catch let error as AuditError {
            throw error
        } catch {
            report.faults.append(AuditFault(.entry(0), "\(error)"))
            return
        }
        var sizes: [UInt64] = []
        let faultCount = report.faults.count
        let path = folder.root.checkpoint.path
        let isThere = FileManager.default.fileExists(atPath: path)
        if isThere {
            do {
                let bytes = try folder.root.read(folder.root.checkpoint, limit: AuditLimits.smallFileByteCount)
                let size = try size(ofHead: bytes, verifier, replayed.tree)
                // A folder that was signed when it was finished ends with its head.
                let isWhole = folder.kind != .run || !folder.hasManifest || size == replayed.tree.count
                if !isWhole { throw LedgerError(.badCheckpoint, "it names \(size) of \(replayed.tree.count) entries") }
                sizes.append(size)
            } catch {
                report.faults.append(AuditFault(file, Self.text(error)))
            }
        }
        if let stored = replayed.storedHead {
            do {
                sizes.append(try size(ofHead: stored, verifier, replayed.tree))
            } catch {
                report.faults.append(
                    AuditFault(.file("ledger.sqlite"), "its newest signed head does not hold: \(Self.text(error))"))
            }
        }
        report.isHeadInLedgerAlone = !isThere && !sizes.isEmpty
        guard report.faults.count == faultCount else { return }
        report.signedEntries = sizes.max() ?? 0
        report.folderGaps += headGap(report.signedEntries, of: replayed)
    }

    /// The entries that a signed head covers; it must be of this ledger.
    private func size(ofHead bytes: [UInt8], _ verifier: NoteVerifier, _ tree: MerkleTree) throws -> UInt64 {
        let head = try LogHead(note: bytes, verifier: verifier)
        let checkpoint = head.checkpoint
        guard checkpoint.size <= tree.count, checkpoint.root == (try tree.root(atSize: checkpoint.size)) else {
            let size = min(checkpoint.size, tree.count)
            let root = try tree.root(atSize: size)
            throw LedgerError(
                .badCheckpoint,
                """
                it names \(checkpoint.size) entries with root \(checkpoint.root), the ledger has \(tree.count) \
                and at \(size) the root \(root)
                """)
        }
        return checkpoint.size
    }

    private static func text(_ error: any Error) -> String {
        (error as? LedgerError)?.message ?? (error as? RunError)?.message ?? "\(error)"
    }

    /// What is under no signed head, if models or payments are.
    private func headGap(_ signed: UInt64, of replayed: ReplayedLedger) -> [AuditGap] {
        let tasks = replayed.history.tasks
        let later = tasks.flatMap(\.rewardPlaces).filter { $0.sequence >= signed }.reduce(UInt64(0)) { $0 + $1.units }
        let rounds = tasks.flatMap(\.rounds).compactMap(\.sealed).filter { $0.sequence >= signed }
        guard signed == 0 || later > 0 || !rounds.isEmpty else { return [] }
        let what =
            signed == 0
            ? "a signed head of the ledger"
            : "a signed head over entries \(signed) to \(replayed.tree.count - 1) (\(rounds.count) rounds)"
        return [
            AuditGap(
                missing: what,
                keeper: "the coordinator, which signs one when it stops, closes a task or gives a receipt", units: later
            )
        ]
    }
}
