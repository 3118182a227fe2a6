import AgentClient
import Attestation
import Federation
import Foundation
import Ledger
import Testing
import Wire

@Suite("What an agent must see of a task's pay before it trains", .timeLimit(.minutes(10)))
struct PayTests {
    @Test(
        "An unfunded promise: a task of 400 tokens with one unit in escrow once had 14 contributions for one unit paid",
        arguments: [
            (FakeCoordinator.Funding.absent, "it promises 5.000000 without a proof that anything is set aside for it"),
            (.amount(1), "it promises 5.000000, but entry 0 sets only 0.000001 aside"),
            (.amount(4_999_999), "but entry 0 sets only 4.999999 aside"),
            (.elsewhere, "does not hold: entry 0 pays into pool/"),
            (.foreignLog, "and the proof that it is set aside does not hold: "),
            (.misnumbered, "does not hold: it is for entry 0, the order names 7"),
            (.noTransfer, "does not hold: entry 0 moves no tokens"),
        ])
    func unfundedPromise(funding: FakeCoordinator.Funding, words: String) async throws {
        let room = try AgentRoom()
        try await room.coordinator.prove(funding)
        let lock = try room.folder.open()
        let answered = try await room.runner().run()
        withExtendedLifetime(lock) {}
        #expect(answered == 0)
        #expect(room.log.contains { $0.hasPrefix("declined task fixture: ") && $0.contains(words) }, "\(room.log)")
        #expect(await room.coordinator.count(of: "chunk") == 0, "not even the model is fetched")
        #expect(await room.coordinator.posted.isEmpty)
    }

    @Test("A task that pays nothing needs no proof of funding")
    func unpaid() async throws {
        let task = try Fixtures.task(reward: TaskReward(score: .none, pool: 0, targetDrop: 1))
        let room = try AgentRoom(rounds: 1, task: task)
        try await room.coordinator.prove(.absent)
        let lock = try room.folder.open()
        #expect(try await room.runner().run() == 1)
        withExtendedLifetime(lock) {}
        #expect(room.log.contains { $0.hasPrefix("task fixture: trust: known") && $0.hasSuffix("; it pays nothing") })
    }

    @Test("Consent is checked against what is set aside, not against what the task promises")
    func consentOfFunds() async throws {
        let room = try AgentRoom()
        try await room.coordinator.prove(.amount(5_000_000))
        let lock = try room.folder.open()
        let consent = try Consent(text: "reward: { minimum_pool: \"6\" }")
        #expect(try await room.runner(consent: consent).run() == 0)
        withExtendedLifetime(lock) {}
        let declined = "declined task fixture: 5.000000 is set aside for it, less than the 6.000000"
        #expect(room.log.contains { $0.hasPrefix(declined) })
    }

    @Test("How a task pays is told once, before the first training for it")
    func toldOnce() async throws {
        let room = try AgentRoom(rounds: 3)
        let lock = try room.folder.open()
        #expect(try await room.runner().run() == 3)
        withExtendedLifetime(lock) {}
        let told = room.log.filter { $0.hasPrefix("task fixture: ") }
        #expect(told.count == 1)
        #expect(told.first?.contains("out of 5.000000 set aside in entry 0") == true)
        let first = try #require(room.log.firstIndex { $0.hasPrefix("round 1: ") })
        #expect(room.log[..<first].contains { $0.hasPrefix("task fixture: ") })
    }

    @Test(
        "Trust, rule, time of pay and of scores, and what unproved pay means, are told in words",
        arguments: [
            ("trust: known", ["participants are invited and accountable", "took off the validation loss, once"]),
            ("trust: open", ["somebody vouches for each key", "beyond what earlier rounds had shown, once"]),
            ("disclosure: live", ["scores are shown after each round"]),
            ("reward: { pool: \"5\" }", ["once, when it is closed", "scores are shown after the close"]),
            ("reward: { pool: \"5\", paid_rounds: first }", ["the first round alone is paid"]),
            ("reward: { score: samples, pool: \"5\", samples_cap: 300 }", ["that you state, at most 300 an update"]),
            ("reward: { score: none }", ["it pays nothing"]),
            (
                "reward: { pool: \"5\", unproved_pay: accepted }",
                ["anybody may register here: one person with many keys can earn many shares"]
            ),
        ])
    func words(line: String, parts: [String]) throws {
        let task = try TaskConfiguration(
            text: """
                name: words
                seed: 1
                schema: { features: 6, classes: 3 }
                rounds: 5
                cohort: { size: 3, quorum: 2 }
                \(line)
                """)
        let funding = try TaskFunding(
            receipt: receipt(.emission, .issuance, .pool(SHA256.hash([7])), of: SHA256.hash([7])), sequence: 0,
            task: SHA256.hash([7]), verifier: Self.log().verifier)
        let notice = PayNotice.text(task, funding: task.reward.score == .none ? nil : funding)
        for part in parts { #expect(notice.contains(part), "\(notice)") }
        #expect(notice.contains("anybody may register") == line.contains("unproved_pay"))
    }

    @Test("Entries that move tokens in another way, or for another task, fund nothing")
    func otherTransfers() throws {
        let task = SHA256.hash([7])
        let sponsor = try AccountName("sponsor/acme")
        let key = try Fixtures.key("participant").publicKey
        let verifier = try Self.log().verifier
        let escrow = try receipt(.deposit, sponsor, .escrow(task), of: task)
        #expect(try TaskFunding(receipt: escrow, sequence: 0, task: task, verifier: verifier).amount == 5_000_000)
        let others = [
            try receipt(.reward, .pool(task), .participant(key), of: task),
            try receipt(.funding, .escrow(task), .pool(task), of: task),
            try receipt(.deposit, sponsor, .escrow(SHA256.hash([8])), of: task),
            try receipt(.deposit, sponsor, .escrow(task), of: SHA256.hash([8])),
            try receipt(.refund, .escrow(task), sponsor, of: task),
        ]
        for other in others {
            #expect(throws: LedgerError(.receiptRefused, "")) {
                try TaskFunding(receipt: other, sequence: 0, task: task, verifier: verifier)
            }
        }
        #expect(throws: LedgerError(.malformedReceipt, "")) {
            try TaskFunding(receipt: [1, 2, 3], sequence: 0, task: task, verifier: verifier)
        }
    }

    @Test("A file with the scores of before is refused with what takes their place", arguments: ["path", "path-novel"])
    func oldScores(word: String) {
        #expect { try Consent(text: "reward: { scores: [samples, \(word)] }") } throws: {
            "\($0)".contains("names \"\(word)\"") && "\($0)".contains("write value in its place")
        }
    }

    @Test("Unproved pay is accepted unless the file declines it, and the reason says what it means")
    func unprovedPay() throws {
        let task = try Fixtures.task(
            reward: TaskReward(pool: 5_000_000, targetDrop: 1_000_000_000_000, acceptsUnprovedPay: true))
        #expect(Consent(schema: nil).objection(to: task, funded: 5_000_000) == nil)
        let declined = try Consent(text: "unproved_pay: declined")
        #expect(declined.objection(to: task, funded: 5_000_000)?.contains("one person with many keys") == true)
        #expect(declined.objection(to: try Fixtures.task(), funded: 5_000_000) == nil)
        #expect { try Consent(text: "unproved_pay: yes") } throws: { "\($0)".contains("accepted") }
        #expect { try Consent(text: "trust: [proved]") } throws: { "\($0)".contains("a list of known, open") }
    }

    @Test("The statement shows that its sender has the bytes: SHA-256 of its key and the update's file")
    func possession() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        #expect(try await room.runner(rounds: 1).run() == 1)
        withExtendedLifetime(lock) {}
        let stored = try #require(try room.folder.storedUpdate(task: room.coordinator.taskID, round: 1))
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: stored.path)))
        let expected = ContributionStatement.possession(of: bytes, by: room.key.publicKey)
        #expect(stored.statement.possession == expected)
        #expect(expected == SHA256.hash(room.key.publicKey.bytes + bytes))
    }

    private static func log() throws -> NoteSigner { try NoteSigner(name: "test.log/x", key: Fixtures.key("log")) }

    /// A receipt of a log whose one entry is a transfer.
    private func receipt(
        _ kind: Transfer.Kind, _ debit: AccountName, _ credit: AccountName, of task: Digest
    ) throws -> [UInt8] {
        let entry = try EncodedEntry(
            sequence: 0, previous: .zero, timeMs: 1,
            body: .transfer(
                Transfer(kind: kind, debit: debit, credit: credit, amount: 5_000_000, task: task, period: 0)))
        var tree = MerkleTree()
        tree.append(leafHash: entry.leafHash)
        let checkpoint = try Checkpoint(origin: "test.log/x", size: 1, root: tree.root)
        return Array(
            Receipt(entry: entry.bytes, index: 0, proof: [], checkpoint: try checkpoint.signed(by: Self.log())).encoded
                .utf8)
    }
}
