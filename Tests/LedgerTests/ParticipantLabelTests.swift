import Ledger
import Testing

@Suite("What a participant may call itself")
struct ParticipantLabelTests {
    @Test(
        "A label that could be taken for an account or a key is refused",
        arguments: [
            "issuance", "Issuance", " issuance", "is\u{200B}suance", "sponsor/clinic", "SPONSOR/clinic", "sponsor /x",
            "escrow/00", "pool/00", "participant/did:key:z6Mk", "did:key:z6Mk", "did:web:example.org", "\u{FEFF}pool/x",
            "sponsor/\u{301}x",
        ])
    func accounts(label: String) throws {
        #expect(ParticipantLabel.fault(in: label)?.contains("reads like the name of an account") == true)
    }

    @Test(
        "A label that moves the cursor or turns the writing is refused",
        arguments: ["a\u{1B}[2J", "a\nb", "a\u{202E}b", "a\u{2066}b", "a\u{200F}", "\u{7F}", "a\u{85}b", "a\u{2028}b"])
    func marks(label: String) {
        #expect(ParticipantLabel.fault(in: label)?.contains("control characters") == true)
    }

    @Test(
        "Other labels are taken",
        arguments: ["", "north gate", "ünïcode", "漢字", "sponsors", "issuance office", "pool", "a/b", "👩🔬"])
    func allowed(label: String) {
        #expect(ParticipantLabel.fault(in: label) == nil)
    }

    @Test("The rules refuse an entry with such a label; version 1 takes it as before")
    func rules() throws {
        let registered = EntryBody.participantRegistered(
            ParticipantRegistered(publicKey: try LedgerFixture.key(7), label: "issuance"))
        let journal = try Journal.create(
            store: InMemoryLedgerStore(), signer: LedgerFixture.signer(), genesis: LedgerFixture.genesis(), timeMs: 1)
        #expect(throws: LedgerError(.badLabel, "")) { try journal.append([registered], timeMs: 2) }
        var state = LedgerState()
        let genesis = try LedgerFixture.genesis()
        let old = Genesis(
            origin: genesis.origin, coordinatorKey: genesis.coordinatorKey, asset: genesis.asset, cap: genesis.cap,
            rulesVersion: 1, grants: [])
        for body in [.genesis(old), registered] {
            let entry = try EncodedEntry(sequence: state.count, previous: state.head, timeMs: 1, body: body)
            try LedgerRules.apply(entry, to: &state)
        }
        #expect(state.participants.map(\.label) == ["issuance"])
    }
}
