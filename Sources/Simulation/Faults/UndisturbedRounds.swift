import Aggregation
import Attestation
import Coordination
import Federation
import Ledger
import Rewards
import Tensors
import Training

/// Computes a task's rounds from nothing but the ledger's accepted updates, and compares what the ledger says.
struct UndisturbedRounds {
    /// Something that the ledger says and the updates do not give.
    struct Difference: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    let task: FaultScenario.PlannedTask
    /// The bytes of every update that was ever made.
    let archive: [Digest: [UInt8]]
    private var aggregator: RoundAggregator?
    private var numbers: [PublicKey: ParticipantNumber] = [:]
    private var terms: TaskTerms?
    private var opened: RoundOpened?
    private var accepted: [AcceptedContribution] = []
    /// By round.
    private var results: [UInt32: RoundResult] = [:]

    init(task: FaultScenario.PlannedTask, archive: [Digest: [UInt8]]) {
        self.task = task
        self.archive = archive
    }

    /// The model after the last round; nil before the first.
    var model: SharedParameterSet? { aggregator?.model }

    /// Takes the ledger's next entry.
    mutating func take(_ body: EntryBody, rootBefore: Digest) throws(Difference) {
        switch body {
        case .participantRegistered(let entry): numbers[entry.publicKey] = ParticipantNumber(numbers.count)
        case .taskOpened(let opened) where opened.task == task.id: terms = opened.terms
        case .roundOpened(let opened) where opened.task == task.id:
            accepted = []
            self.opened = opened
            if aggregator == nil { aggregator = try start(rootBefore) }
        case .contributionAccepted(let entry) where entry.statement.task == task.id: try accept(entry)
        case .roundSealed(let sealed) where sealed.task == task.id: try compare(sealed)
        case .roundRevealed(let revealed) where revealed.task == task.id:
            guard results[revealed.round]?.metrics == revealed.metrics else {
                throw Difference("round \(revealed.round)'s metrics are not what its accepted updates give")
            }
        case .scores(let scores) where scores.task == task.id:
            guard scores.scores == results[scores.round]?.scores else {
                throw Difference("round \(scores.round)'s scores are not what its accepted updates give")
            }
        default: break
        }
    }

    private func start(_ root: Digest) throws(Difference) -> RoundAggregator {
        guard let terms else { throw Difference("a round of a task without terms") }
        let seed = TaskStart.seed(root: root, task: task.id)
        let model = SharedParameterSet(task.material.task.initialModel(start: seed))
        do throws(FederationError) {
            return try RoundAggregator(
                task: task.material.task, scoring: RoundAggregator.Scoring(terms), blob: task.blob,
                start: RoundAggregator.Start(model: model), sets: task.sets, threads: 1)
        } catch {
            throw Difference("\(error)")
        }
    }

    private mutating func accept(_ entry: ContributionAccepted) throws(Difference) {
        let statement = entry.statement
        guard let number = numbers[statement.participantKey], let bound = opened?.boundSquared else {
            throw Difference("a contribution by nobody, or to no round")
        }
        let norm = UpdateNorm(squared: try update(statement.update).squaredNorm, units: Units.ordinary)
        guard entry.squaredNorm == norm.squared else { throw Difference("an update's squared norm is another") }
        accepted.append(
            AcceptedContribution(
                ticket: UInt64(number), participant: number,
                weight: EffectiveWeight(norm: norm, boundSquared: bound).value, units: Units.ordinary,
                squaredNorm: norm.squared, sampleCount: statement.sampleCount, update: statement.update))
    }

    private func update(_ digest: Digest) throws(Difference) -> CheckedUpdate {
        guard let bytes = archive[digest] else {
            throw Difference("the update \(digest) was accepted, but nobody made it")
        }
        do {
            let parameters = try bytes.withUnsafeBytes { bytes throws(FederationError) -> SharedParameterSet in
                SharedParameterSet(try task.blob.parameters(from: bytes))
            }
            return try CheckedUpdate(
                checking: parameters, weight: 0, layout: task.blob.layout, grid: task.material.task.grid)
        } catch {
            throw Difference("\(error)")
        }
    }

    private mutating func compare(_ sealed: RoundSealed) throws(Difference) {
        guard sealed.outcome == .aggregated || sealed.outcome == .diverged, let aggregator else { return }
        let ordered = accepted.sorted { $0.participant < $1.participant }
        let result: RoundResult
        do {
            for contribution in ordered { try aggregator.fold(update(contribution.update), contribution) }
            result = try aggregator.seal(round: sealed.round, accepted: ordered) {
                contribution throws(FederationError) in
                throw FederationError(.unusableUpdate, "update \(contribution.update) was not kept")
            }
        } catch {
            throw Difference("\(error)")
        }
        let metrics = terms?.withholdsScores ?? false ? result.metrics?.rounded : result.metrics
        guard (sealed.outcome == .aggregated) == (result.metrics != nil), sealed.model == result.model,
            sealed.aggregate == result.aggregate, sealed.serverState == result.serverState, sealed.metrics == metrics
        else { throw Difference("round \(sealed.round)'s seal is not what its accepted updates give") }
        results[sealed.round] = result
    }
}
