extension RefusalReason {
    init(wire: Tributary_V1_ContributionRefused.Reason) throws(LedgerError) {
        guard let reason = Self.allCases.first(where: { $0.wire == wire }) else {
            throw LedgerError(.badValue, "a refusal for the unknown reason \(wire.rawValue)")
        }
        self = reason
    }

    var wire: Tributary_V1_ContributionRefused.Reason {
        switch self {
        case .staleRound: .staleRound
        case .late: .late
        case .duplicate: .duplicate
        case .notInvited: .notInvited
        case .unknownParticipant: .unknownParticipant
        case .wrongTask: .wrongTask
        case .wrongBaseModel: .wrongBaseModel
        case .wrongConfiguration: .wrongConfiguration
        case .badSignature: .badSignature
        case .malformed: .malformed
        case .badShape: .badShape
        case .offGrid: .offGrid
        case .notFinite: .notFinite
        case .digestMismatch: .digestMismatch
        case .badSampleCount: .badSampleCount
        case .roundFull: .roundFull
        case .copied: .copied
        }
    }
}
