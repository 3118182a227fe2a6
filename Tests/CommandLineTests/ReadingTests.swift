import Attestation
import Foundation
import Ledger
import Testing

@Suite("tributary runs, ledger and audit")
struct ReadingTests {
    @Test("runs list names the runs, and says so where there are none")
    func list() throws {
        let program = try Program()
        #expect(try program.run("runs", "list").output.contains("no runs"))
        #expect(try program.run("runs", "--json").json()["data"] as? [Int] == [])
        let run = try program.simulateTiny().data()["run"] as? String
        let name = try #require(run)
        let text = try program.run("runs", "list")
        #expect(text.exitCode == 0)
        #expect(text.output.contains(name))
        let rows = try program.run("runs", "list", "--json").json()["data"] as? [[String: Any]]
        #expect(rows?.map { $0["name"] as? String } == [name])
        #expect(rows?.first?["rounds"] as? Int == 2)
    }

    @Test("runs show shows rounds and participants; a run is found by path, name, beginning and latest")
    func show() throws {
        let program = try Program()
        let name = try #require(try program.simulateTiny().data()["run"] as? String)
        for word in ["latest", name, "runs/\(name)", "tiny"] {
            let outcome = try program.run("runs", "show", word)
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.contains("2 of 2"))
            #expect(outcome.output.contains("replay-01"))
        }
        let data = try program.run("runs", "show", "--json").data()
        #expect(data["run"] as? String == name)
        #expect((data["participants"] as? [Any])?.count == 4)
    }

    @Test("ledger verify says OK, with the root that simulate gave")
    func verify() throws {
        let program = try Program()
        let root = try #require(try program.simulateTiny().data()["ledger_root"] as? String)
        let text = try program.run("ledger", "verify")
        #expect(text.exitCode == 0)
        #expect(text.output.contains("ledger: OK"))
        #expect(text.output.contains(root))
        let json = try program.run("ledger", "verify", "--json")
        #expect(try json.json()["command"] as? String == "ledger verify")
        #expect(try json.data()["clean"] as? Bool == true)
        #expect(try json.data()["root"] as? String == root)
    }

    @Test("ledger show shows entries, from a place, of a kind, as many as asked for")
    func entries() throws {
        let program = try Program()
        let count = try #require(try program.simulateTiny().data()["ledger_entries"] as? Int)
        #expect(try program.run("ledger", "show").output.count { $0 == "\n" } == min(count, 50))
        let some = try program.run("ledger", "show", "latest", "--from", "3", "--count", "2", "--json").json()
        let rows = try #require(some["data"] as? [[String: Any]])
        #expect(rows.map { $0["sequence"] as? Int } == [3, 4])
        let sealed =
            try program.run("ledger", "show", "--kind", "round_sealed", "--json").json()["data"] as? [[String: Any]]
        #expect(sealed?.count == 2)
        let none = try program.run("ledger", "show", "--kind", "nothing")
        #expect(none.exitCode == 0)
        #expect(none.output.contains("round_sealed"))
    }

    @Test("ledger show has the entries of a task's end: reveals, scores, one settlement, the close")
    func taskEnd() throws {
        let program = try Program()
        try program.simulateTiny()
        for (kind, count) in [("round_revealed", 2), ("scores", 2), ("task_settled", 1), ("task_closed", 1)] {
            let rows = try program.run("ledger", "show", "--kind", kind, "--json").json()["data"] as? [Any]
            #expect(rows?.count == count, "\(kind)")
        }
        let text = try program.run("ledger", "show", "--kind", "task_settled").output
        #expect(text.contains("task_settled"), "\(text)")
    }

    @Test("ledger balances sum to zero, and what a statement adds up to is the balance")
    func money() throws {
        let program = try Program()
        let paid = try #require(try program.simulateTiny().data()["paid"] as? [String: Int])
        let rows = try #require(
            try program.run("ledger", "balances", "--json").json()["data"] as? [[String: Any]])
        #expect(rows.compactMap { $0["balance"] as? Int }.reduce(0, +) == 0)
        #expect(try program.run("ledger", "balances").output.contains("all balances sum to 0"))
        for (label, amount) in paid where amount > 0 {
            let row = try #require(rows.first { $0["label"] as? String == label })
            #expect(row["balance"] as? Int == amount)
            let lines = try program.run("ledger", "statement", "latest", label, "--json").json()["data"]
            let statement = try #require(lines as? [[String: Any]])
            #expect(statement.compactMap { $0["change"] as? Int }.reduce(0, +) == amount)
            #expect(statement.last?["balance"] as? Int == amount)
            let account = try #require(row["account"] as? String)
            let text = try program.run("ledger", "statement", "latest", account)
            #expect(text.exitCode == 0)
            #expect(text.output.contains("reward"))
        }
        #expect(try program.run("ledger", "statement", "latest", "nobody").exitCode == 66)
    }

    @Test("A receipt from prove verifies with the coordinator's key alone, and no longer once a byte is changed")
    func receipt() throws {
        let program = try Program()
        try program.simulateTiny()
        let data = try program.run("ledger", "prove", "latest", "7", "--json").data()
        let text = try program.run("ledger", "prove", "latest", "7").output
        #expect(data["receipt"] as? String == text)
        let key = try NoteVerifier(vkey: try #require(data["key"] as? String))
        let (entry, checkpoint) = try Receipt(decoding: Array(text.utf8)).verified(by: key)
        #expect(entry.entry.sequence == 7)
        #expect(entry.entry.body.kindName == data["kind"] as? String)
        #expect(checkpoint.size > 7)
        #expect(throws: LedgerError.self) {
            try Receipt(decoding: Array(text.replacing("index 7", with: "index 8").utf8)).verified(by: key)
        }
        #expect(try program.run("ledger", "prove", "latest", "7000").exitCode == 66)
    }

    @Test("audit says OK in words and in JSON")
    func audit() throws {
        let program = try Program()
        try program.simulateTiny()
        let text = try program.run("audit")
        #expect(text.exitCode == 0)
        #expect(text.output.hasSuffix("audit: OK\n"))
        #expect(!text.errors.contains("\u{1B}"))
        let data = try program.run("audit", "latest", "--json").data()
        #expect(data["clean"] as? Bool == true)
        #expect((data["faults"] as? [Any])?.isEmpty ?? false)
        #expect((data["rounds"] as? [[String: Any]])?.map { $0["outcome"] as? String } == ["rederived", "rederived"])
        let key = try #require(data["key"] as? String)
        #expect(try program.run("audit", "latest", "--key", key).exitCode == 0)
    }
}
