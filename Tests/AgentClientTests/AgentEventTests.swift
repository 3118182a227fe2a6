import AgentClient
import Testing

@Suite("What an agent tells")
struct AgentEventTests {
    @Test("What a coordinator sent is one line, in which nothing moves the cursor or turns the writing")
    func escaped() {
        let sent = "wait\u{1B}[2J\nround 9: accepted\u{202E}"
        let shown = #"wait\u{1B}[2J\nround 9: accepted\u{202E}"#
        #expect(AgentEvent.waiting(sent).line == shown)
        #expect(AgentEvent.declined(taskName: "gates", reason: sent).line == "declined task gates: " + shown)
        #expect(AgentEvent.failed(round: 3, AgentError(.underlying, sent)).line == "round 3: " + shown)
    }
}
