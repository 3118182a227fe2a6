import Attestation
import Federation
import Foundation
import Ledger

/// Ledger entries in one line each, for people.
struct EntryText {
    private let labels: [String]

    init(_ state: LedgerState) {
        labels = state.participants.map { $0.label.isEmpty ? $0.key.did : $0.label.shown() }
    }

    /// What an entry says.
    func line(for body: EntryBody) -> String {
        switch body {
        case .genesis(let body):
            "\(body.origin.shown()), \(body.asset.shown()), cap \(TokenAmount.text(body.cap))"
        case .participantRegistered(let body):
            "\(body.label.shown()) \(Self.short(body.publicKey.did))\(body.units == 0 ? "" : ", \(body.units) units")"
        case .unitsAssigned(let body):
            """
            \(body.units) units to \(label(of: body.participant))\
            \(body.task.map { ", for task \(Self.short($0.hex))" } ?? "")
            """
        case .taskOpened(let body):
            """
            task \(Self.short(body.task.hex)), \(body.parameterCount) parameters, quorum \(body.quorum)\
            \(body.terms.map { ", trust \($0.trust), pool \(TokenAmount.text($0.pool))" } ?? "")
            """
        case .roundOpened(let body):
            "round \(body.round), \(body.cohort.count) invited, base \(Self.short(body.baseModel.hex))"
        case .contributionAccepted(let body):
            """
            round \(body.statement.round), \(Self.short(body.statement.participantKey.did)), \
            \(body.statement.sampleCount) examples, update \(Self.short(body.statement.update.hex))
            """
        case .contributionRefused(let body): "round \(body.round), \(body.reason.name): \(body.detail.shown())"
        case .roundSealed(let body):
            """
            round \(body.round), \(body.accepted) accepted, \
            \(body.metrics.map { "accuracy \(Double($0.testAccuracyPpm) / 1e6)" } ?? "\(body.outcome)"), \
            model \(Self.short(body.model.hex))
            """
        case .roundRevealed(let body):
            """
            round \(body.round), validation loss \(Double(body.metrics.validationLossBefore) / 1e12) to \
            \(Double(body.metrics.validationLossAfter) / 1e12) nat
            """
        case .taskSettled(let body):
            """
            pool \(TokenAmount.text(body.pool)), payable \(TokenAmount.text(body.payable)), \
            paid \(TokenAmount.text(body.paid))
            """
        case .scores(let body): "round \(body.round), \(body.scores.count) scores"
        case .transfer(let body):
            "\(body.kind) \(TokenAmount.text(body.amount)) from \(Self.short(body.debit.text)) to \(name(of: body.credit))"
        case .epochSettled(let body):
            """
            epoch \(body.epoch) to round \(body.lastRound), pool \(TokenAmount.text(body.pool)), \
            paid \(TokenAmount.text(body.paid)), carried \(TokenAmount.text(body.carried))
            """
        case .taskClosed(let body):
            "\(body.reason.map { "\($0), " } ?? "")after \(body.rounds) rounds, model \(Self.short(body.model.hex))"
        case .snapshot(let body): "\(body.accounts) accounts, supply \(TokenAmount.text(body.supply))"
        }
    }

    private func label(of number: ParticipantNumber) -> String {
        labels.indices.contains(Int(number)) ? labels[Int(number)] : "participant \(number)"
    }

    private func name(of account: AccountName) -> String { Self.short(account.text) }

    /// A digest, key or account name with its long middle left out.
    static func short(_ text: String) -> String {
        guard text.count > 40 else { return text }
        return "\(text.prefix(text.hasPrefix("participant/") ? 28 : 16))…\(text.suffix(8))"
    }

    /// An amount with its sign.
    static func amount(_ units: Int64) -> String {
        (units < 0 ? "-" : "") + TokenAmount.text(units.magnitude)
    }

    /// A time in UTC, to the millisecond.
    static func time(_ timeMs: UInt64) -> String {
        let date = Date(timeIntervalSince1970: Double(timeMs / 1_000))
        let milliseconds = String(timeMs % 1_000)
        let padded = String(repeating: "0", count: 3 - milliseconds.count) + milliseconds
        return date.formatted(.iso8601.dateTimeSeparator(.space)).dropLast() + ".\(padded)"
    }
}
