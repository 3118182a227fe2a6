import Attestation
import Federation
import Foundation
import Ledger
import Runs
import Tensors

/// A round that was not derived again, and what is missing for it.
struct MissingRound {
    let round: UInt32
    let evidence: MissingEvidence
}

/// What of a task is at hand, and whose it was to keep what is not.
extension TaskAudit {
    /// Which rounds the task's file binds its coordinator to keep; nil where it does not, as in rules version 1, or
    /// where the ledger was handed over without the files that it is about.
    func promise(_ means: Means) -> UpdatePromise? {
        means.terms != nil && place.isHandedOver ? means.task.retain : nil
    }

    private func isPromised(_ round: UInt32, _ means: Means) -> Bool {
        promise(means)?.covers(round, newest: UInt32(history.rounds.count)) ?? false
    }

    /// What is missing of a round's updates; nil if all are at hand.
    ///
    /// - Throws: `FoundFault` where they were to be kept.
    func missingUpdates(_ round: LedgerHistory.Round, _ means: Means) throws -> MissingEvidence? {
        for (sequence, entry) in round.accepted {
            let name = Self.path(of: entry)
            switch place.presence(name) {
            case .there: continue
            case .unreadable: return .unreadable(place.prefix + name)
            case .missing:
                guard isPromised(round.opened.round, means) else { return .updates }
                throw FoundFault(
                    place.file(name),
                    """
                    the update that entry \(sequence) accepts is not there, and the task's file binds the coordinator \
                    to keep it (retain: \(means.task.retain))
                    """)
            }
        }
        return nil
    }

    private static func path(of entry: ContributionAccepted) -> String {
        let statement = entry.statement
        return "updates/\(RunFolder.roundName(Int(statement.round)))/\(statement.update.hex).safetensors"
    }

    /// Requires that a model or a server state is at hand.
    ///
    /// - Parameter isOf: whether a seal names it.
    /// - Throws: `MissingEvidence`, or `FoundFault` where it was to be kept.
    func require(
        _ name: String, _ means: Means, _ isOf: ((sequence: UInt64, body: RoundSealed)) -> Bool
    ) throws {
        switch place.presence(name) {
        case .there: return
        case .unreadable: throw MissingEvidence.unreadable(place.prefix + name)
        case .missing:
            let round = history.rounds.last { $0.sealed.map(isOf) ?? false }?.opened.round
            guard let round, isPromised(round, means) else { throw MissingEvidence.models }
            throw FoundFault(
                place.file(name),
                """
                what round \(round) gave is not there, and the task's file binds the coordinator to keep it (retain: \
                \(means.task.retain))
                """)
        }
    }

    /// Checks the files of models and momenta that no round was computed from: each must be there, with the digest
    /// that it is named by.
    ///
    /// - Parameter known: rounds that lack something already.
    /// - Returns: rounds whose files nobody was bound to keep and that are not there.
    func checkModels(
        _ means: Means, _ chain: Chain, _ known: [MissingRound], _ faults: inout [AuditFault]
    ) -> [MissingRound] {
        guard place.isHandedOver, !place.isListed else { return [] }
        var missing: [MissingRound] = []
        let lacking = Set(known.map(\.round))
        if means.terms != nil { checkInitialModel(chain.initial, means, &faults) }
        for round in history.rounds {
            guard let sealed = round.sealed, sealed.body.outcome == .aggregated else { continue }
            let (model, state) = (sealed.body.model, sealed.body.serverState)
            do {
                if model != chain.recorded.last, model != chain.initial {
                    let name = "models/\(model.hex).safetensors"
                    try require(name, means) { $0.body.model == model }
                    try checkDigest(name, model) { BlobDigest.digest(of: $0, threads: options.threads) }
                }
                if let state {
                    let name = "models/\(state.hex).state"
                    try require(name, means) { $0.body.serverState == state }
                    try checkDigest(name, state) { SHA256.hash($0) }
                }
            } catch let fault as FoundFault {
                faults.append(fault.fault)
            } catch let evidence as MissingEvidence {
                let number = round.opened.round
                if !lacking.contains(number) { missing.append(MissingRound(round: number, evidence: evidence)) }
            } catch {
                faults.append(AuditFault(.entry(sealed.sequence), "\(error)"))
            }
        }
        return missing
    }

    /// The first model follows from the ledger; its file is kept with round 1 all the same.
    private func checkInitialModel(_ digest: Digest, _ means: Means, _ faults: inout [AuditFault]) {
        let name = "models/\(digest.hex).safetensors"
        do {
            switch place.presence(name) {
            case .there: try checkDigest(name, digest) { BlobDigest.digest(of: $0, threads: options.threads) }
            case .unreadable: break
            case .missing where isPromised(1, means):
                throw FoundFault(place.file(name), "the first model, which the coordinator keeps, is not there")
            case .missing: break
            }
        } catch let fault as FoundFault {
            faults.append(fault.fault)
        } catch {
            faults.append(AuditFault(place.file(name), "\(error)"))
        }
    }

    private func checkDigest(
        _ name: String, _ expected: Digest, _ digest: (UnsafeRawBufferPointer) -> Digest
    ) throws {
        let found: Digest
        do {
            found = try MappedFile(path: place.folder.url.appendingPathComponent(name).path)
                .withUnsafeBytes { digest($0) }
        } catch {
            throw FoundFault(place.file(name), "\(error)")
        }
        guard found == expected else {
            throw FoundFault(place.file(name), "its bytes do not have the digest that it is named by: \(found)")
        }
    }

    /// The newest model's files must be the model that the last round gave: `model.safetensors`, and on a coordinator
    /// the one that is named by its digest.
    ///
    /// - Returns: what is not at hand of them, where nobody was bound to keep it.
    func checkFinalModel(_ means: Means, _ chain: Chain, _ faults: inout [AuditFault]) -> [AuditGap] {
        guard let last = chain.recorded.last, place.isHandedOver else { return [] }
        var gaps: [AuditGap] = []
        let round = history.rounds.last { $0.sealed?.body.outcome == .aggregated }?.opened.round
        let isBound = round.map { isPromised($0, means) } ?? false
        if kind == .coordinator, let round {
            let name = "models/\(last.hex).safetensors"
            switch place.presence(name) {
            case .there: checkFinalModel(name, last, &faults)
            case .missing where isBound:
                let reason = "the model of round \(round), which the task's file binds the coordinator to keep"
                faults.append(AuditFault(place.file(name), "it is not there: \(reason)"))
            case .missing, .unreadable:
                gaps.append(gap(.models, [round], means))
            }
        }
        let name = "model.safetensors"
        switch place.presence(name) {
        case .there: checkFinalModel(name, last, &faults)
        case .unreadable: gaps.append(gap(.unreadable(place.prefix + name), [], means))
        case .missing where place.isListed: faults.append(AuditFault(place.file(name), "it is not there"))
        // A coordinator's is on the task's manifest; an unfinished run has none yet.
        case .missing: break
        }
        return gaps
    }

    private func checkFinalModel(_ name: String, _ expected: Digest, _ faults: inout [AuditFault]) {
        do {
            let digest = try MappedFile(path: place.folder.url.appendingPathComponent(name).path)
                .withUnsafeBytes { BlobDigest.digest(of: $0, threads: options.threads) }
            guard digest != expected else { return }
            faults.append(AuditFault(place.file(name), "its digest is \(digest); the last round gave \(expected)"))
        } catch {
            faults.append(AuditFault(place.file(name), "\(error)"))
        }
    }

    /// What is missing of the task, one gap for each kind of evidence.
    func gaps(_ missing: [MissingRound], _ means: Means) -> [AuditGap] {
        var kinds: [MissingEvidence] = []
        for round in missing where !kinds.contains(round.evidence) { kinds.append(round.evidence) }
        return kinds.map { kind in gap(kind, missing.filter { $0.evidence == kind }.map(\.round), means) }
    }

    private func gap(_ evidence: MissingEvidence, _ rounds: [UInt32], _ means: Means) -> AuditGap {
        // Pay by samples follows from signed statements, whatever the data.
        let restsOnIt: Bool
        if case .data = evidence { restsOnIt = means.scoring != .none } else { restsOnIt = true }
        let missing =
            switch evidence {
            case .updates:
                "updates (\(AuditGap.text(rounds.filter { number in lacksUpdates(number) })))"
            case .models: "models or momenta (\(AuditGap.text(rounds)))"
            case .data(let reason): reason
            case .secret: "the validation set, which is revealed when the task is closed"
            case .unreadable(let path): "\(path), which this user may not read"
            }
        return AuditGap(
            missing: missing, keeper: keeper(of: evidence, means), task: history.opening.task.hex, rounds: rounds,
            units: restsOnIt ? history.units(restingOn: rounds) : 0)
    }

    private func lacksUpdates(_ number: UInt32) -> Bool {
        history.rounds.first { $0.opened.round == number }?.accepted
            .contains { place.presence(Self.path(of: $0.entry)) == .missing } ?? false
    }

    private func keeper(of evidence: MissingEvidence, _ means: Means) -> String {
        switch evidence {
        case .updates, .models:
            if !place.isHandedOver { return "the coordinator, whose ledger alone is here" }
            return means.terms == nil
                ? "the coordinator, by its own retention rule: tasks of rules version 1 name none"
                : "nobody: the task's file says retain: \(means.task.retain)"
        case .data: return "whoever chose the task's data set; name it with --data"
        case .secret: return "the coordinator until the close"
        case .unreadable: return "whoever handed the folder over; audit it as a user who may read it"
        }
    }

    /// Files that the task's entries bind: a change in one of them is found.
    func boundFiles(_ means: Means) -> Set<String> {
        var files: Set<String> = []
        // Before the close nobody can tell whether the data that it names are the task's.
        if means.missing != .secret { files.insert(place.source.lastPathComponent) }
        if let first = history.rounds.first?.opened.baseModel {
            files.insert("model.safetensors")
            if means.terms != nil { files.insert("models/\(first.hex).safetensors") }
        }
        for round in history.rounds {
            guard let sealed = round.sealed?.body else { continue }
            let isRead =
                sealed.outcome != .abandoned && (sealed.outcome != .noQuorum || round.opened.boundSquared != nil)
            if isRead { for (_, entry) in round.accepted { files.insert(Self.path(of: entry)) } }
            files.insert("models/\(sealed.model.hex).safetensors")
            if let state = sealed.serverState { files.insert("models/\(state.hex).state") }
        }
        return Set(files.map { place.prefix + $0 })
    }
}
