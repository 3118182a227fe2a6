internal import Ledger
internal import Synchronization
internal import Tensors

/// One attack against one setting, over several seeds.
package struct AttackLine: Sendable {
    package let setting: AttackSetting
    /// Nil for the run without attackers.
    package let row: AttackRow?
    package let outcomes: [AttackOutcome]
    /// The same runs with an honest participant in the attacker's place, for rows that are judged against that.
    package let controls: [AttackOutcome]
    /// Plain FedAvg on the same data, for the run without attackers.
    package let plain: [AttackOutcome]

    package init(
        setting: AttackSetting, row: AttackRow?, outcomes: [AttackOutcome], controls: [AttackOutcome] = [],
        plain: [AttackOutcome] = []
    ) {
        self.setting = setting
        self.row = row
        self.outcomes = outcomes
        self.controls = controls
        self.plain = plain
    }

    package var name: String { row?.name ?? "no attacker" }

    /// The mean of the attackers' pay over the honest mean; for a row that inflates honest work, over what the same key
    /// would have earned with it as it is.
    package var share: Double {
        let control = Self.mean(controls.map(\.share))
        return Self.mean(outcomes.map(\.share)) / (controls.isEmpty || control == 0 ? 1 : control)
    }

    /// Standard deviation over the seeds of the pay over the honest mean, not divided by the control.
    package var shareSpread: Double { Self.deviation(outcomes.map(\.share)) }

    /// Mean accuracy of the final models.
    package var accuracy: Double { Self.mean(outcomes.map(\.accuracy)) }

    /// Mean spread of honest pay.
    package var honestSpread: Double { Self.mean(outcomes.map(\.honestSpread)) }

    /// Points of accuracy below plain FedAvg; nil where that was not run.
    package var accuracyLost: Double? {
        plain.isEmpty ? nil : 100 * (Self.mean(plain.map(\.accuracy)) - accuracy)
    }

    /// What is claimed and not held, each as a few words; empty where everything holds.
    package var broken: [String] {
        guard let row else {
            return accuracyLost.map { $0 > AttackTable.accuracyPoints ? ["accuracy"] : [] } ?? []
        }
        var broken: [String] = []
        if setting.trust == .open {
            switch limit(row) {
            case .share(let most): if share > most { broken.append("pay") }
            case .refused:
                if outcomes.contains(where: { $0.accepted > 0 }) { broken.append("accepted") }
                if outcomes.contains(where: { $0.refused == 0 }) { broken.append("none refused") }
            case .measured: break
            }
        }
        if setting.alpha == nil, let floor = row.accuracyFloor, accuracy < floor { broken.append("accuracy") }
        return broken
    }

    private func limit(_ row: AttackRow) -> AttackRow.Limit { setting.alpha == nil ? row.limit : row.unlikeLimit }

    /// The claim that the line is held to, in a few words.
    package var claim: String {
        guard let row else { return "≤ \(AttackTable.accuracyPoints) point lost" }
        guard setting.trust == .open else { return "measured" }
        return switch limit(row) {
        case .share(let most): "≤ \(most)"
        case .refused: "refused"
        case .measured: "measured, open"
        }
    }

    static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    static func deviation(_ values: [Double]) -> Double {
        let mean = mean(values)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return values.isEmpty ? 0 : (squares / Double(values.count)).squareRoot()
    }
}

/// Tries every attack of the catalogue against settings of a task, over seeds.
package struct AttackTable: Sendable {
    /// Points of accuracy that the bound and the units may cost without attackers.
    package static let accuracyPoints = 1.0

    package let settings: [AttackSetting]
    package let rows: [AttackRow]
    package let trialCount: Int
    package let firstSeed: UInt64

    /// - Parameter rows: the attacks; all of the catalogue if left out.
    package init(
        settings: [AttackSetting], rows: [AttackRow] = AttackCatalogue.rows, trialCount: Int, firstSeed: UInt64
    ) {
        self.settings = settings
        self.rows = rows
        self.trialCount = trialCount
        self.firstSeed = firstSeed
    }

    /// Runs the table, several runs at once.
    ///
    /// - Parameters:
    ///   - threads: runs at a time; the figures do not depend on it.
    ///   - ended: called with each line in order, the run without attackers first.
    /// - Throws: what a run throws.
    package func run(threads: Int, ended: (AttackLine) throws -> Void) throws {
        for setting in settings {
            try ended(line(setting, nil, threads: threads))
            for row in rows { try ended(line(setting, row, threads: threads)) }
        }
    }

    private func line(_ setting: AttackSetting, _ row: AttackRow?, threads: Int) throws -> AttackLine {
        let attackers = row?.populations ?? []
        let isInflating = row?.limit == AttackCatalogue.inflated
        let honest = attackers.map { Population(kind: .honest, count: $0.count) }
        return AttackLine(
            setting: setting, row: row,
            outcomes: try outcomes(setting, attackers, threads: threads),
            controls: isInflating ? try outcomes(setting, honest, threads: threads) : [],
            plain: row == nil ? try outcomes(setting, [], isPlain: true, threads: threads) : [])
    }

    private func outcomes(
        _ setting: AttackSetting, _ attackers: [Population], isPlain: Bool = false, threads: Int
    ) throws -> [AttackOutcome] {
        let trial = AttackTrial(setting)
        let results = Mutex<[Int: Result<AttackOutcome, any Error>]>([:])
        WorkSplit.forEachItem(of: trialCount, threads: threads) { item, _ in
            let result = Result {
                try trial.run(attackers, seed: firstSeed + UInt64(item), isPlain: isPlain)
            }
            results.withLock { $0[item] = result }
        }
        let found = results.withLock { $0 }
        return try (0..<trialCount).compactMap { try found[$0]?.get() }
    }
}
