internal import Datasets
internal import Foundation
package import Ledger
internal import Runs
internal import Tensors

/// The federation that attacks are tried on: the embedded digits, some honest participants, one rule.
package struct AttackSetting: Equatable, Sendable {
    package let trust: TaskTerms.Trust
    /// Honest participants.
    package let honestCount: Int
    /// Nil where every participant draws from all classes alike; else the parameter of the Dirichlet distribution.
    package let alpha: Double?

    package init(trust: TaskTerms.Trust, honestCount: Int, alpha: Double? = nil) {
        self.trust = trust
        self.honestCount = honestCount
        self.alpha = alpha
    }

    /// For people: "open, 5 honest, IID".
    package var name: String {
        let skew = alpha.map { "Dirichlet \($0)" } ?? "IID"
        return "\(trust == .open ? "open" : "known"), \(honestCount) honest, \(skew)"
    }

    /// Twenty rounds for five participants, thirty for ten, as where the thresholds were measured.
    private var roundCount: Int { honestCount <= 5 ? 20 : 30 }

    /// A scenario file with these populations beside the honest.
    ///
    /// - Parameter isPlain: plain FedAvg, weighted by claimed examples and without a bound.
    func text(seed: UInt64, participantCount: Int, isPlain: Bool) -> String {
        let partition = alpha.map { "rule: dirichlet, alpha: \($0), minimum: 10" } ?? "rule: iid"
        let trust = isPlain || self.trust == .known ? "known" : "open"
        return """
            name: attack
            seed: \(seed)
            rounds: \(roundCount)
            data: { source: digits, validation: 300, test: 300 }
            partition: { \(partition) }
            model: { hidden: [64] }
            training: { epochs: 1, batch: 10, learning_rate: 0.2 }
            cohort: { size: \(participantCount), quorum: 1, deadline_s: 60 }
            trust: \(trust)
            reward: { score: value, pool: "1000", target_drop: 2 }
            weights: { weighting: \(isPlain ? "claimed" : "units") }
            participants: [{ kind: honest, count: \(participantCount) }]

            """
    }
}

/// What one run of an attack came to.
package struct AttackOutcome: Equatable, Sendable {
    /// Pay of all the attackers' keys together over the mean pay of the honest.
    package let share: Double
    /// Test accuracy of the final model.
    package let accuracy: Double
    /// Contributions of the attackers that were accepted, and refused.
    package let accepted: Int
    package let refused: Int
    /// Coefficient of variation of the honest participants' pay.
    package let honestSpread: Double

    package init(share: Double, accuracy: Double, accepted: Int, refused: Int, honestSpread: Double) {
        self.share = share
        self.accuracy = accuracy
        self.accepted = accepted
        self.refused = refused
        self.honestSpread = honestSpread
    }
}

/// Runs attacks in the simulator.
package struct AttackTrial: Sendable {
    package let setting: AttackSetting

    package init(_ setting: AttackSetting) { self.setting = setting }

    /// Carries out one row of the table once.
    ///
    /// - Parameters:
    ///   - attackers: who is added to the honest; none for a run without attackers.
    ///   - seed: of everything that is drawn.
    ///   - isPlain: plain FedAvg, for comparison.
    package func run(_ attackers: [Population], seed: UInt64, isPlain: Bool = false) throws -> AttackOutcome {
        let count = setting.honestCount + attackers.reduce(0) { $0 + $1.count }
        let text = setting.text(seed: seed, participantCount: count, isPlain: isPlain)
        let federation = try PreparedFederation.load(text: text, folder: "/") { scenario in
            scenario.populations = [Population(kind: .honest, count: setting.honestCount)] + attackers
        }
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("attack-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let folder = try RunFolder.create(in: place, name: "attack", now: Date())
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        let summary = try Simulator(federation: federation, folder: folder, threads: 1, observer: observer).run()
        return outcome(of: summary)
    }

    private func outcome(of summary: RunSummary) -> AttackOutcome {
        let honest = summary.participants.prefix(setting.honestCount).map { Double($0.paid) }
        let attackers = summary.participants.dropFirst(setting.honestCount)
        let mean = honest.reduce(0, +) / Double(max(1, honest.count))
        let squares = honest.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(max(1, honest.count))).squareRoot()
        return AttackOutcome(
            share: mean > 0 ? attackers.reduce(0) { $0 + Double($1.paid) } / mean : 0,
            accuracy: summary.accuracy,
            accepted: attackers.reduce(0) { $0 + $1.accepted },
            refused: attackers.reduce(0) { $0 + $1.refused },
            honestSpread: mean > 0 ? deviation / mean : 0)
    }
}
