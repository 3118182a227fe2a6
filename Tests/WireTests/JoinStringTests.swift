import Attestation
import TestSupport
import Testing
import Wire

@Suite("Join strings")
struct JoinStringTests {
    private func sample(host: String = "example.org", invitation: String = "spring_2026") throws -> JoinString {
        let key = try SigningKey(seed: SHA256.hash(Array("log".utf8)).bytes)
        return JoinString(
            host: host, port: 8_440, certificate: SHA256.hash(Array("certificate".utf8)),
            verifier: try NoteVerifier(name: "example.org/log", publicKey: key.publicKey), invitation: invitation)
    }

    @Test("A join string reads back as it was written", arguments: ["example.org", "192.0.2.7", "2001:db8::1"])
    func roundTrip(host: String) throws {
        for invitation in ["", "spring_2026", "-x-"] where invitation != "-" {
            let join = try sample(host: host, invitation: invitation)
            #expect(try JoinString(parsing: join.text) == join)
            #expect(try JoinString(parsing: "  \(join.text)\n") == join)
        }
    }

    @Test("A join string that lost its end or a character is told from a good one")
    func damage() throws {
        let text = try sample().text
        for count in 0..<text.count {
            #expect(throws: WireError(.invalidJoinString, "")) { try JoinString(parsing: String(text.prefix(count))) }
        }
        for place in text.indices {
            var damaged = text
            damaged.replaceSubrange(place...place, with: text[place] == "x" ? "y" : "x")
            #expect(throws: WireError(.invalidJoinString, "")) { try JoinString(parsing: damaged) }
        }
    }

    @Test("Whatever is pasted gives a join string that writes the same again, or a typed error")
    func fuzz() throws {
        let seeds = [try sample().text, try sample(host: "::1", invitation: "").text].map { Array($0.utf8) }
        var mutator = Mutator(seed: 7)
        for _ in 0..<Mutator.inputCount {
            let text = String(decoding: mutator.mutate(seeds), as: UTF8.self)
            do throws(WireError) {
                let join = try JoinString(parsing: text)
                #expect(try JoinString(parsing: join.text) == join)
            } catch {
                #expect(error.code == .invalidJoinString)
                #expect(error.hint != nil)
            }
        }
    }
}
