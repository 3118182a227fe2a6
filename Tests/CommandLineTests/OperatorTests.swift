import Attestation
import Foundation
import Ledger
import Testing

@Suite("What an operator says while tasks run", .timeLimit(.minutes(5)))
struct OperatorTests {
    private static let task = """
        name: gates
        schema: { features: 64, classes: 10 }
        rounds: 3
        cohort: { size: 1, quorum: 1 }
        reward: { score: samples, samples_cap: 1000, pool: "30", unproved_pay: accepted }

        """

    /// A coordinator with one participant and, if a task is given, that task open.
    private static func coordinator(_ program: Program, task: String? = task) throws -> RunningCoordinator {
        let coordinator = try RunningCoordinator(program)
        let joined = try program.run("agent", "join", coordinator.joinString(), "--home", "a", "--data", "digits")
        #expect(joined.exitCode == 0, "\(joined.errors)")
        guard let task else { return coordinator }
        try program.folder.write(task, to: "gates.yaml")
        let opened = try program.run("task", "open", "gates.yaml", "--data", "digits")
        #expect(opened.exitCode == 0, "\(opened.errors)")
        return coordinator
    }

    /// The bodies of the coordinator's ledger, which runs no more.
    private static func bodies(_ program: Program) throws -> [EntryBody] {
        let path = program.folder.url.appendingPathComponent("coordinator/ledger.sqlite").path
        let store = try SQLiteLedgerStore(path: path, access: .readOnly)
        defer { try? store.close() }
        return try store.entries(in: 0..<store.count).map { try EncodedEntry(decoding: $0.bytes).entry.body }
    }

    @Test("Units are given with the invitation, or later, to a participant or for one task; each is an entry")
    func units() throws {
        let program = try Program()
        let coordinator = try Self.coordinator(program)
        let invited = try program.run("coordinator", "invite", "--units", "2", "--uses", "3", "--json").data()
        #expect(invited["uses"] as? Int == 3)
        let join = try #require(invited["join"] as? String)
        #expect(try program.run("agent", "join", join, "--home", "b", "--json").data()["participant"] as? Int == 1)
        let changed = try program.run("coordinator", "units", "0", "8")
        #expect(changed.exitCode == 0, "\(changed.errors)")
        #expect(changed.output == "participant 0 has 8 units from the next round on\n")
        let rows = try program.run("task", "list", "--json").json()["data"] as? [[String: Any]]
        let task = try #require(rows?.first?["task"] as? String)
        #expect(try program.run("coordinator", "units", "1", "5", "--task", task, "--json").exitCode == 0)
        for (arguments, exitCode) in [(["0", "9"], 64), (["0", "0"], 64), (["7", "4"], 66)] as [([String], Int32)] {
            let refused = program.outcome(of: try program.start(["coordinator", "units"] + arguments))
            #expect(refused.exitCode == exitCode, "\(arguments): \(refused.errors)")
        }
        coordinator.end(SIGTERM)
        let bodies = try Self.bodies(program)
        let registered = bodies.compactMap { if case .participantRegistered(let body) = $0 { body.units } else { nil } }
        #expect(registered.count == 2 && registered[1] == 2)
        let assigned = bodies.compactMap { if case .unitsAssigned(let body) = $0 { body } else { nil } }
        #expect(assigned.map(\.participant) == [0, 1])
        #expect(assigned.map(\.units) == [8, 5])
        #expect(assigned.map { $0.task?.hex } == [nil, task])
    }

    @Test("task fund adds a sponsor's tokens to a task's pool, and says why it cannot")
    func fund() throws {
        let program = try Program()
        let made = try program.run(
            "coordinator", "init", "--listen", "127.0.0.1:0", "--open", "--grant", "acme=40")
        #expect(made.exitCode == 0, "\(made.errors)")
        let sponsored = Self.task.replacingOccurrences(
            of: "unproved_pay", with: "source: sponsor, sponsor: acme, unproved_pay")
        let coordinator = try Self.coordinator(program, task: sponsored)
        let funded = try program.run("task", "fund", "gates", "9.5")
        #expect(funded.exitCode == 0 && funded.output.hasPrefix("added   9.500000 to the pool of gates"), "\(funded)")
        let poor = try program.run("task", "fund", "gates", "1")
        #expect(poor.exitCode != 0 && poor.errors.contains("sponsor/acme, which has 0.500000"), "\(poor)")
        #expect(try program.run("task", "fund", "gates", "much").exitCode == 64)
        coordinator.end(SIGTERM)
        let deposits = try Self.bodies(program).compactMap { body -> UInt64? in
            if case .transfer(let transfer) = body, transfer.kind == .deposit { transfer.amount } else { nil }
        }
        #expect(deposits == [30_000_000, 9_500_000])
    }

    @Test("task close ends a task at once: what was earned is paid, the rest is burned, and the audit is clean")
    func close() throws {
        let program = try Program()
        let coordinator = try Self.coordinator(program)
        #expect(try program.run("agent", "run", "--home", "a", "--once").exitCode == 0)
        try coordinator.wait { coordinator.log.contains("round 2 of gates, invited: 1") }
        let unknown = try program.run("task", "close", "fences")
        #expect(unknown.exitCode == 66 && unknown.errors.contains("open: gates ("), "\(unknown.errors)")
        let closed = try program.run("task", "close", "gates")
        #expect(closed.exitCode == 0, "\(closed.errors)")
        #expect(closed.output.hasPrefix("closed  gates ("), "\(closed.output)")
        try coordinator.wait {
            let rows = try program.run("task", "list", "--json").json()["data"] as? [[String: Any]]
            return rows?.first?["stage"] as? String == "closed"
        }
        let again = try program.run("task", "close", "gates")
        #expect(again.exitCode == 66 && again.errors.contains("no task is open"), "\(again.errors)")
        coordinator.end(SIGTERM)
        let bodies = try Self.bodies(program)
        let seals = bodies.compactMap { if case .roundSealed(let body) = $0 { body.outcome } else { nil } }
        #expect(seals == [.aggregated, .abandoned])
        let settled = try #require(
            bodies.compactMap { if case .taskSettled(let body) = $0 { body } else { nil } }.first)
        #expect(settled.pool == 30_000_000)
        #expect(settled.payable == 10_000_000, "one of three rounds")
        let reasons = bodies.compactMap { if case .taskClosed(let body) = $0 { body.reason } else { nil } }
        #expect(reasons == [.byOperator])
        let burned = bodies.compactMap { body -> UInt64? in
            if case .transfer(let transfer) = body, transfer.kind == .burn { transfer.amount } else { nil }
        }
        #expect(burned == [20_000_000])
        let audit = try program.run("audit", "coordinator")
        #expect(audit.exitCode == 0, "\(audit.output)\(audit.errors)")
        let task = try #require(
            bodies.compactMap { if case .taskOpened(let body) = $0 { body.task.hex } else { nil } }.first)
        for file in ["model.safetensors", "report.html", "summary.json", "metrics.csv", "source.yaml"] {
            let url = program.folder.url.appendingPathComponent("coordinator/tasks/\(task)/\(file)")
            let bytes = try Data(contentsOf: url)
            var other = bytes
            other[other.count / 2] ^= 1
            // Not in place: the model has two names.
            try other.write(to: url, options: .atomic)
            let changed = try program.run("audit", "coordinator")
            #expect(changed.exitCode == 2 && changed.output.contains("tasks/\(task)/\(file)"), "\(changed.output)")
            try FileManager.default.removeItem(at: url)
            #expect(try program.run("audit", "coordinator").exitCode != 0)
            try bytes.write(to: url)
        }
        #expect(try program.run("audit", "coordinator").exitCode == 0)
    }

    @Test("A coordinator's folder of rules version 1 is refused by coordinator run, with what to do")
    func oldFolder() throws {
        let program = try Program()
        #expect(try program.run("coordinator", "init", "--listen", "127.0.0.1:0").exitCode == 0)
        guard case .genesis(let genesis)? = try Self.bodies(program).first else {
            Issue.record("the ledger does not begin with its genesis")
            return
        }
        // The ledger that release 0.1.0 would have begun.
        let path = program.folder.url.appendingPathComponent("coordinator/ledger.sqlite").path
        try FileManager.default.removeItem(atPath: path)
        let old = Genesis(
            origin: genesis.origin, coordinatorKey: genesis.coordinatorKey, asset: genesis.asset, cap: genesis.cap,
            rulesVersion: 1, grants: genesis.grants)
        let store = try SQLiteLedgerStore(path: path, access: .create)
        let entry = try EncodedEntry(sequence: 0, previous: .zero, timeMs: 1_767_225_600_000, body: .genesis(old))
        try store.append([entry], balances: [])
        try store.close()
        let outcome = try program.run("coordinator", "run")
        #expect(outcome.exitCode != 0 && !outcome.wasKilled)
        for words in ["rules version 1", "tributary coordinator init --home FOLDER", "tributary audit"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        #expect(!outcome.errors.contains("restore it from a backup"), "\(outcome.errors)")
        #expect(try Self.bodies(program) == [.genesis(old)], "nothing was appended")
        let shown = try program.run("ledger", "show", "coordinator", "--kind", "genesis", "--json")
        #expect(shown.exitCode == 0, "it can still be read: \(shown.output)\(shown.errors)")
    }
}
