import Aggregation
import Attestation
import Federation
import Ledger
import Runs
import Simulation
import Tensors
import Training

/// The game that the path score is paid by: in each round the absent send zeros, and a coalition is worth the fall of
/// the validation loss that is left. The rounds are those of the run, read from what it kept. With server momentum the
/// step is the round's own, so the worths do not sum to the whole fall.
struct RoundGame {
    let audit: TaskAudit
    let means: TaskAudit.Means
    let sets: EvaluationSets
    let playerCount: Int

    /// Plays every averaged round and adds them up. Complexity: 2ⁿ evaluations a round, several at once.
    func game(threads: Int, progress: (String) -> Void) throws -> ShapleyGame {
        var worths = [Double](repeating: 0, count: 1 << playerCount)
        for round in audit.history.rounds where round.sealed?.body.outcome == .aggregated {
            progress("valuing the coalitions of round \(round.opened.round) of \(audit.history.rounds.count)")
            for (coalition, worth) in try self.worths(of: round, threads: threads).enumerated() {
                worths[coalition] += worth
            }
        }
        return ShapleyGame(playerCount: playerCount, worths: worths)
    }

    /// An accepted update with its weight in the round.
    private struct Part: Sendable {
        let participant: Int
        let update: CheckedUpdate
    }

    private func worths(of round: LedgerHistory.Round, threads: Int) throws -> [Double] {
        let isKept: Bool
        do { isKept = try audit.missingUpdates(round, means) == nil } catch { isKept = false }
        guard isKept else {
            throw AuditError.notKept("the updates of round \(round.opened.round) are gone")
        }
        var contributions: [AcceptedContribution] = []
        var parts: [Part] = []
        for (sequence, entry) in round.accepted {
            let (update, contribution) = try reading(round) {
                let update = try audit.update(entry, at: sequence, means)
                return (
                    update, try audit.contribution(of: entry, at: sequence, round, squaredNorm: update.squaredNorm)
                )
            }
            contributions.append(contribution)
            guard contribution.weight > 0 else { continue }
            let weighted = try update.weighted(Int64(clamping: contribution.weight))
            parts.append(Part(participant: Int(contribution.participant), update: weighted))
        }
        let model = try reading(round) {
            let file = try means.blobs.openModel(round.opened.baseModel)
            return SharedParameterSet(try file.withUnsafeBytes { try means.blob.parameters(from: $0) })
        }
        let denominator = means.task.denominator(of: contributions)
        let losses = try losses(of: parts, from: model, denominator: denominator, threads: threads)
        // A coalition is worth what those of it are worth who sent something.
        return (0..<1 << playerCount).map { coalition in
            var present = 0
            for (place, part) in parts.enumerated() where coalition >> part.participant & 1 == 1 {
                present |= 1 << place
            }
            return losses[0] - losses[present]
        }
    }

    /// The validation loss after the step of each subset of a round's updates.
    private func losses(
        of parts: [Part], from model: SharedParameterSet, denominator: Int64, threads: Int
    ) throws -> [Double] {
        let evaluator = try Evaluator(architecture: means.task.architecture)
        let step = try ServerOptimizer(learningRate: means.task.server.learningRate)
        let (layout, grid, validation) = (means.blob.layout, means.task.grid, sets.validation)
        return try WorkSplit.results(of: 1 << parts.count, threads: threads) { subset in
            guard subset > 0 else {
                return try evaluator.evaluate(model.parameters, on: validation, threads: 1).meanLoss
            }
            var sum = ExactAccumulator(count: layout.count, grid: grid)
            try sum.fold(parts.indices.filter { subset >> $0 & 1 == 1 }.map { parts[$0].update }, threads: 1)
            let point = try step.pathPoint(
                model: model.parameters, updates: sum, denominator: denominator, fraction: 1, threads: 1)
            return try evaluator.evaluate(point, on: validation, threads: 1).meanLoss
        }
    }

    /// Reads what a round left; what is missing or damaged is told as that.
    private func reading<Value>(_ round: LedgerHistory.Round, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let found as FoundFault {
            throw AuditError.notKept("round \(round.opened.round), \(found.fault)")
        } catch {
            throw AuditError.notKept("round \(round.opened.round): \(error)")
        }
    }
}
