import Foundation
import Runs
import Testing

@Suite("Events")
struct EventLogTests {
    @Test("An event is one line with its keys sorted")
    func line() {
        let event = RunEvent(
            "round-sealed",
            round: 3,
            virtualSeconds: 1.5,
            fields: [
                "zeta": .flag(true), "accepted": .integer(-2), "model": .text("a\"b\\c\n\u{1}é"),
                "gap": .number(.nan), "paid": .unsigned(.max),
            ]
        )
        #expect(
            event.line
                == #"{"accepted":-2,"event":"round-sealed","gap":null,"model":"a\"b\\c\n\u0001é","paid":"#
                + #"18446744073709551615,"round":3,"virtual_seconds":1.5,"zeta":true}"#
        )
    }

    @Test("A line stays below its limit whatever is put in, and stays JSON")
    func bounded() throws {
        var fields: [String: RunEvent.Value] = [:]
        for index in 0..<500 {
            fields["key\(index)"] = .text(String(repeating: "\u{2}\"é", count: index * 20))
        }
        fields[String(repeating: "k", count: 100_000)] = .text("x")
        let line = RunEvent(String(repeating: "e", count: 50_000), round: 1, fields: fields).line
        #expect(line.utf8.count < RunLimits.eventLineByteCount)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["truncated"] as? Bool == true)
        #expect(object?["round"] as? Int == 1)
    }

    @Test("Events are appended, one a line")
    func append() throws {
        try RunSamples.withFolder { parent in
            let url = parent.appendingPathComponent("events.jsonl")
            for _ in 0..<2 { try EventLog(url).append(RunEvent("started")) }
            let text = try String(contentsOf: url, encoding: .utf8)
            #expect(text == "{\"event\":\"started\"}\n{\"event\":\"started\"}\n")
        }
    }
}
