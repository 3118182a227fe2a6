internal import Attestation
internal import Ledger

/// Who takes part, as the ledger's entries say.
struct BookPeople {
    private var numbers: [PublicKey: ParticipantNumber] = [:]
    private var accounts: [AccountName: ParticipantNumber] = [:]
    private var people: [ParticipantRegistered] = []
    /// The token's name.
    private(set) var asset = ""

    mutating func take(_ body: EntryBody) {
        switch body {
        case .genesis(let genesis): asset = genesis.asset
        case .participantRegistered(let registered):
            let number = ParticipantNumber(people.count)
            numbers[registered.publicKey] = number
            accounts[.participant(registered.publicKey)] = number
            people.append(registered)
        default: break
        }
    }

    func number(of key: PublicKey) -> ParticipantNumber? { numbers[key] }

    func number(of account: AccountName) -> ParticipantNumber? { accounts[account] }

    /// Its label, or its number where it gave none.
    func label(of number: ParticipantNumber) -> String {
        guard Int(number) < people.count, !people[Int(number)].label.isEmpty else { return "participant \(number)" }
        return people[Int(number)].label
    }

    func did(of number: ParticipantNumber) -> String {
        Int(number) < people.count ? people[Int(number)].publicKey.did : ""
    }
}
