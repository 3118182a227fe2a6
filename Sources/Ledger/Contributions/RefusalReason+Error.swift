extension RefusalReason {
    /// The reason that a refused statement's error stands for; nil where it is not about a statement.
    package init?(_ error: LedgerError) {
        switch error.code {
        case .roundNotOpen, .wrongRound: self = .staleRound
        case .lateContribution: self = .late
        case .duplicateContribution: self = .duplicate
        case .notInvited: self = .notInvited
        case .unknownParticipant: self = .unknownParticipant
        case .unknownTask, .taskClosed: self = .wrongTask
        case .wrongModel: self = .wrongBaseModel
        case .wrongConfiguration: self = .wrongConfiguration
        case .badSignature: self = .badSignature
        case .malformedStatement, .otherRules, .wrongPreviousContribution: self = .malformed
        case .wrongParameterCount: self = .badShape
        case .copied: self = .copied
        case .badSampleCount: self = .badSampleCount
        default: return nil
        }
    }
}
