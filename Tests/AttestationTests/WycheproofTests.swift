import Attestation
import Foundation
import TestSupport
import Testing

@Suite("Wycheproof's Ed25519 cases", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct WycheproofTests {
    struct File: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { let pk: String }
            struct Case: Decodable {
                let tcId: Int
                let msg: String
                let sig: String
                let result: String
            }
            let publicKey: Key
            let tests: [Case]
        }
        let testGroups: [Group]
    }

    @Test("All 151 signatures are accepted or refused as the file says")
    func allCases() throws {
        let file = try JSONDecoder().decode(
            File.self,
            from: Data(SharedData.bytes("wycheproof/ed25519_test.json"))
        )
        var counts: [String: Int] = [:]
        for group in file.testGroups {
            let key = try PublicKey(bytes: SigningKeyTests.bytes(group.publicKey.pk))
            for test in group.tests {
                let isValid = key.isValidSignature(
                    SigningKeyTests.bytes(test.sig),
                    for: SigningKeyTests.bytes(test.msg)
                )
                #expect(isValid == (test.result == "valid"), "case \(test.tcId)")
                counts[test.result, default: 0] += 1
            }
        }
        #expect(counts == ["valid": 88, "invalid": 63])
    }
}
