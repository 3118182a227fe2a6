import Attestation
import Federation
import Ledger

/// What the ledger's entries say of each participant's contributions and pay, counted without the ledger's rules: the
/// rules refuse what is doubled, and this would notice if they did not.
struct ContributionAccount {
    private struct Place: Hashable {
        let task: Digest
        let round: UInt32
        let key: PublicKey
    }

    private struct Payment: Hashable {
        let task: Digest?
        let period: UInt32
        let account: AccountName
    }

    /// Hashes of the entries that accept a key's contributions, by their sequence.
    private(set) var accepted: [PublicKey: [UInt64: Digest]] = [:]
    private(set) var lastSealed: RoundSealed?
    /// What is there twice, in sentences.
    private(set) var faults: [String] = []
    private var places: Set<Place> = []
    private var payments: Set<Payment> = []

    mutating func take(_ encoded: EncodedEntry) {
        let entry = encoded.entry
        switch entry.body {
        case .contributionAccepted(let body):
            let statement = body.statement
            accepted[statement.participantKey, default: [:]][entry.sequence] = encoded.leafHash
            let place = Place(task: statement.task, round: statement.round, key: statement.participantKey)
            guard places.insert(place).inserted else {
                faults.append(
                    "entry \(entry.sequence) accepts a second contribution of one participant to round \(place.round)")
                return
            }
        case .transfer(let body) where body.kind == .reward:
            let payment = Payment(task: body.task, period: body.period, account: body.credit)
            guard payments.insert(payment).inserted else {
                faults.append("entry \(entry.sequence) pays \(body.credit.text) twice")
                return
            }
        case .roundSealed(let body): lastSealed = body
        default: break
        }
    }
}
