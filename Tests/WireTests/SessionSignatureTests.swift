import Attestation
import Testing
import Wire

@Suite("Session signatures")
struct SessionSignatureTests {
    @Test("A session's signature holds for its nonce, origin, role and key alone")
    func binding() throws {
        let key = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
        let other = try SigningKey(seed: [UInt8](repeating: 8, count: 32))
        let nonce = [UInt8](repeating: 1, count: 32)
        let message = SessionSignature.message(nonce: nonce, origin: "example.org/log", role: .participant)
        let signature = try key.sign(message)
        func isValid(
            _ key: SigningKey, _ nonce: [UInt8], _ origin: String, _ role: WireRole
        ) -> Bool {
            SessionSignature.isValid(signature, by: key.publicKey, nonce: nonce, origin: origin, role: role)
        }
        #expect(isValid(key, nonce, "example.org/log", .participant))
        #expect(!isValid(other, nonce, "example.org/log", .participant))
        #expect(!isValid(key, [UInt8](repeating: 2, count: 32), "example.org/log", .participant))
        #expect(!isValid(key, nonce, "example.org/other", .participant))
        #expect(!isValid(key, nonce, "example.org/log", .operator))
    }

    @Test("Every problem has a status of its kind")
    func statuses() {
        for code in ProblemCode.allCases { #expect((400..<600).contains(code.status)) }
    }
}
