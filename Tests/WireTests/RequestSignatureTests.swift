import Attestation
import Testing
import Wire

@Suite("The signature of a request")
struct RequestSignatureTests {
    @Test("It holds for this request of this session at this log, and for no other")
    func everyPartCounts() throws {
        let key = try SigningKey.generate()
        let value = try RequestSignature.value(
            by: key, method: "POST", path: "/v1/work", body: [1, 2], token: "token", origin: "a/log")
        func holds(
            _ value: String, by other: PublicKey? = nil, method: String = "POST", path: String = "/v1/work",
            body: [UInt8] = [1, 2], token: String = "token", origin: String = "a/log"
        ) -> Bool {
            RequestSignature.isValid(
                value, by: other ?? key.publicKey, method: method, path: path, body: body, token: token, origin: origin)
        }
        #expect(holds(value))
        #expect(try !holds(value, by: SigningKey.generate().publicKey))
        #expect(!holds(value, method: "DELETE"))
        #expect(!holds(value, path: "/v1/work?"))
        #expect(!holds(value, body: [1, 2, 0]))
        #expect(!holds(value, token: "other"))
        #expect(!holds(value, origin: "b/log"))
        #expect(!holds(""))
        #expect(!holds(String(value.dropLast(4))))
        #expect(!holds(value + value))
    }
}
