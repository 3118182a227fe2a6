internal import FoundationEssentials
internal import Rewards
internal import SwiftProtobuf

extension TaskTerms {
    init(wire: Tributary_V1_TaskTerms) throws(LedgerError) {
        guard wire.boundNumerator == BoundFactor.standard.numerator,
            wire.boundDenominator == BoundFactor.standard.denominator
        else {
            throw LedgerError(
                .badValue,
                "a bound factor of \(wire.boundNumerator)/\(wire.boundDenominator); it is 3/2"
            )
        }
        self.init(
            trust: try Trust(wire: wire.trust),
            score: try Score(wire: wire.score),
            weighting: try Weighting(wire: wire.weighting),
            disclosure: try Disclosure(wire: wire.disclosure),
            paidRounds: try PaidRounds(wire: wire.paidRounds),
            roundCount: wire.roundCount,
            pool: wire.pool,
            targetDrop: wire.targetDrop,
            sponsor: wire.sponsor.isEmpty ? nil : try AccountName(wire.sponsor),
            samplesCap: wire.samplesCap,
            normBoundSquared: try WireField.optionalNumber(wire.normBoundSquared, "norm_bound_squared"),
            history: wire.history,
            closeByMs: wire.closeByMs,
            secretCommitment: try WireField.digest(wire.secretCommitment, "secret_commitment"),
            acceptsUnprovedPay: wire.acceptsUnprovedPay
        )
    }

    var wire: Tributary_V1_TaskTerms {
        .with {
            $0.trust = trust.wire
            $0.score = score.wire
            $0.weighting = weighting.wire
            $0.disclosure = disclosure.wire
            $0.paidRounds = paidRounds.wire
            $0.roundCount = roundCount
            $0.pool = pool
            $0.targetDrop = targetDrop
            $0.sponsor = sponsor?.text ?? ""
            $0.samplesCap = samplesCap
            $0.normBoundSquared = WireField.data(normBoundSquared)
            $0.boundNumerator = boundFactor.numerator
            $0.boundDenominator = boundFactor.denominator
            $0.history = history
            $0.closeByMs = closeByMs
            $0.secretCommitment = WireField.data(secretCommitment)
            $0.acceptsUnprovedPay = acceptsUnprovedPay
        }
    }
}

/// An enumeration of the terms and its values on the wire, which all start with an unspecified one.
private protocol WireChoice: CaseIterable {
    associatedtype Wire: Equatable & RawRepresentable<Int>
    static var name: String { get }
    var wire: Wire { get }
}

extension WireChoice {
    init(wire: Wire) throws(LedgerError) {
        guard let choice = Self.allCases.first(where: { $0.wire == wire }) else {
            throw LedgerError(.badValue, "terms with the unknown \(Self.name) \(wire.rawValue)")
        }
        self = choice
    }
}

extension TaskTerms.Trust: WireChoice {
    static var name: String { "trust" }
    var wire: Tributary_V1_TaskTerms.Trust {
        switch self {
        case .known: .known
        case .open: .open
        }
    }
}

extension TaskTerms.Score: WireChoice {
    static var name: String { "score" }
    var wire: Tributary_V1_TaskTerms.Score {
        switch self {
        case .value: .value
        case .samples: .samples
        case .none: .none
        }
    }
}

extension TaskTerms.Weighting: WireChoice {
    static var name: String { "weighting" }
    var wire: Tributary_V1_TaskTerms.Weighting {
        switch self {
        case .units: .units
        case .claimed: .claimed
        }
    }
}

extension TaskTerms.Disclosure: WireChoice {
    static var name: String { "disclosure" }
    var wire: Tributary_V1_TaskTerms.Disclosure {
        switch self {
        case .afterClose: .afterClose
        case .live: .live
        }
    }
}

extension TaskTerms.PaidRounds: WireChoice {
    static var name: String { "paid rounds" }
    var wire: Tributary_V1_TaskTerms.PaidRounds {
        switch self {
        case .all: .all
        case .first: .first
        }
    }
}
