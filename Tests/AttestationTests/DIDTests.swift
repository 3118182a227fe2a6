import Attestation
import Testing

@Suite("did:key")
struct DIDTests {
    /// The first example of the did:key method's test vectors: the key of 32 zero bytes.
    static let published = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"

    @Test("The method's published example is the key of the all-zero seed")
    func publishedExample() throws {
        let key = try SigningKey(seed: [UInt8](repeating: 0, count: 32)).publicKey
        #expect(
            key.bytes
                == SigningKeyTests.bytes("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
        )
        #expect(key.did == Self.published)
        #expect(try PublicKey(did: Self.published) == key)
    }

    @Test(
        "Other published identifiers are read and written back the same",
        arguments: [
            "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
            "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf",
            "did:key:z6MkpVCWpibzht7gFFkBsnNigRvXiQWQgV2vqq8eN8zGkGGN",
        ]
    )
    func published(did: String) throws {
        #expect(try PublicKey(did: did).did == did)
    }

    @Test("Two hundred keys come back from their identifiers")
    func roundTrip() throws {
        var dids = Set<String>()
        for seed in UInt8(0)..<200 {
            let key = try SigningKey(seed: [UInt8](repeating: seed, count: 32)).publicKey
            #expect(key.did.hasPrefix("did:key:z6Mk"))
            #expect(try PublicKey(did: key.did) == key)
            dids.insert(key.did)
        }
        #expect(dids.count == 200)
    }

    @Test(
        "What is not the did:key of an Ed25519 key is refused",
        arguments: [
            "", "did:key:", "did:key:z", "did:web:example.org",
            "DID:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
            "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW",
            "did:key:z16MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
            "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWpp",
            "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDoo0p",
            "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
            "did:key:z" + String(repeating: "2", count: 10_000), "did:key:z" + String(repeating: "1", count: 48),
        ]
    )
    func malformed(did: String) {
        #expect(throws: AttestationError(.invalidDID, "")) { try PublicKey(did: did) }
    }
}
