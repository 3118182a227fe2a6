extension EntryBody {
    /// The body's field number in the entry message.
    var field: Int {
        switch self {
        case .genesis: 16
        case .participantRegistered: 17
        case .taskOpened: 18
        case .roundOpened: 19
        case .contributionAccepted: 20
        case .contributionRefused: 21
        case .roundSealed: 22
        case .scores: 23
        case .transfer: 24
        case .epochSettled: 25
        case .taskClosed: 26
        case .snapshot: 27
        case .unitsAssigned: 28
        case .roundRevealed: 29
        case .taskSettled: 30
        }
    }

    /// Reads the message of one of the fields 16 to 30.
    init(field: Int, payload: RawSpan) throws(LedgerError) {
        switch field {
        case 16: self = .genesis(try Genesis(strictlyReading: payload))
        case 17: self = .participantRegistered(try ParticipantRegistered(strictlyReading: payload))
        case 18: self = .taskOpened(try TaskOpened(strictlyReading: payload))
        case 19: self = .roundOpened(try RoundOpened(strictlyReading: payload))
        case 20: self = .contributionAccepted(try ContributionAccepted(strictlyReading: payload))
        case 21: self = .contributionRefused(try ContributionRefused(strictlyReading: payload))
        case 22: self = .roundSealed(try RoundSealed(strictlyReading: payload))
        case 23: self = .scores(try RoundScores(strictlyReading: payload))
        case 24: self = .transfer(try Transfer(strictlyReading: payload))
        case 25: self = .epochSettled(try EpochSettled(strictlyReading: payload))
        case 26: self = .taskClosed(try TaskClosed(strictlyReading: payload))
        case 27: self = .snapshot(try Snapshot(strictlyReading: payload))
        case 28: self = .unitsAssigned(try UnitsAssigned(strictlyReading: payload))
        case 29: self = .roundRevealed(try RoundRevealed(strictlyReading: payload))
        case 30: self = .taskSettled(try TaskSettled(strictlyReading: payload))
        default: throw LedgerError(.unknownField, "field \(field) is no body of an entry")
        }
    }

    /// The message's bytes, without tag and length.
    func encodedPayload() throws(LedgerError) -> [UInt8] {
        switch self {
        case .genesis(let body): try body.encodedPayload()
        case .participantRegistered(let body): try body.encodedPayload()
        case .taskOpened(let body): try body.encodedPayload()
        case .roundOpened(let body): try body.encodedPayload()
        case .contributionAccepted(let body): try body.encodedPayload()
        case .contributionRefused(let body): try body.encodedPayload()
        case .roundSealed(let body): try body.encodedPayload()
        case .scores(let body): try body.encodedPayload()
        case .transfer(let body): try body.encodedPayload()
        case .epochSettled(let body): try body.encodedPayload()
        case .taskClosed(let body): try body.encodedPayload()
        case .snapshot(let body): try body.encodedPayload()
        case .unitsAssigned(let body): try body.encodedPayload()
        case .roundRevealed(let body): try body.encodedPayload()
        case .taskSettled(let body): try body.encodedPayload()
        }
    }
}
