import AgentClient
import Synchronization
import Testing
import Wire

@Suite("Failed tries are told without repeating")
struct RetryNoticeTests {
    /// Notices with a clock of their own.
    private final class Room: Sendable {
        private let now = Mutex<UInt64>(1_000_000)
        private let told = Mutex<[String]>([])

        var lines: [String] { told.withLock { $0 } }
        var notices: RetryNotices {
            RetryNotices(
                nowMs: { self.now.withLock { $0 } },
                observer: { event in self.told.withLock { $0.append(event.line) } })
        }

        func pass(_ ms: UInt64) { now.withLock { $0 += ms } }
    }

    private let full = AgentError(.refused, "the disk is full", problem: ProblemCode.diskFull.rawValue)
    private let gone = AgentError(.unreachable, "nobody answers")

    @Test("The same reason is told at once and then at intervals that double, with how often it failed")
    func intervals() {
        let room = Room()
        let notices = room.notices
        for _ in 0..<500 {
            notices.note(full, waitMs: 200)
            room.pass(200)
        }
        // A hundred seconds: at once, and after 10, 30 and 70.
        #expect(
            room.lines == [
                "the disk is full; trying again in 0.2 s", "the disk is full; trying again in 0.2 s (failed 51 times)",
                "the disk is full; trying again in 0.2 s (failed 151 times)",
                "the disk is full; trying again in 0.2 s (failed 351 times)",
            ])
    }

    @Test("Another reason is told at once, and two that alternate are not told in turns")
    func alternating() {
        let room = Room()
        let notices = room.notices
        for _ in 0..<20 {
            notices.note(full, waitMs: 200)
            notices.note(gone, waitMs: 300)
            room.pass(300)
        }
        #expect(room.lines.count == 2)
    }

    @Test("What failed long ago, or before something went well, is news when it fails again")
    func news() {
        let room = Room()
        let notices = room.notices
        notices.note(gone, waitMs: 30_000)
        room.pass(30_000)
        notices.note(gone, waitMs: 30_000)
        room.pass(30_000 + AgentLimits.retryQuietMs)
        notices.note(gone, waitMs: 200)
        #expect(room.lines.last == "nobody answers; trying again in 0.2 s")
        notices.note(gone, waitMs: 200)
        notices.forget()
        notices.note(gone, waitMs: 200)
        #expect(room.lines.count == 4)
    }

    @Test("A failure that lasts for days is told of every ten minutes")
    func cap() {
        let room = Room()
        let notices = room.notices
        for _ in 0..<8_640 {
            notices.note(gone, waitMs: 20_000)
            room.pass(20_000)
        }
        #expect((280...310).contains(room.lines.count))
    }

    @Test("However many reasons there are, a bounded number is kept")
    func bounded() {
        let room = Room()
        let notices = room.notices
        for number in 0..<1_000 { notices.note(AgentError(.unreachable, "reason \(number)"), waitMs: 200) }
        #expect(room.lines.count == 1_000)
    }
}
