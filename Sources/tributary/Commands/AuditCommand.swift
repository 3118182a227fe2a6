import ArgumentParser
import Attestation
import Audit
import Foundation
import Ledger
import Runs

/// `tributary audit`: checks everything a run claims.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check a run or a coordinator: replay its ledger, compute every model, score and payment again.",
        discussion: """
            There are three verdicts. OK, exit code 0: everything that was paid, and every model, was derived again
            from what is at hand. UNVERIFIED, exit code 3: nothing contradicts the ledger, but something is missing;
            the audit names it, whose it was to keep, the rounds, and the tokens that rest on it. FAULT, exit code 2:
            an entry or a file is wrong, or something is gone that the task's own terms bind the coordinator to keep.
            A coordinator's folder is audited task by task, while the coordinator is stopped.

            EXAMPLES
              tributary audit latest
              tributary audit runs/digits-default-20260101-120000 --json
              tributary audit ./coordinator
              tributary audit latest --key "$(cat coordinator.vkey)"
            """)

    @OptionGroup var options: RunOptions

    @Option(
        name: .long, help: ArgumentHelp("The coordinator's key (a C2SP vkey), known from elsewhere.", valueName: "vkey")
    )
    var key: String?

    @Option(name: .long, help: ArgumentHelp("Data set, if not where the scenario says.", valueName: "path"))
    var data: String?

    func run() throws {
        let folder = try options.folder()
        let verifier = try key.map { try NoteVerifier(vkey: $0) }
        let shows = !options.json && isatty(STDERR_FILENO) == 1
        let auditor = Auditor(
            folder: folder,
            options: Auditor.Options(key: verifier, dataPath: data, threads: options.threads),
            progress: { stage in
                if shows { FileHandle.standardError.write(Data("\r\u{1B}[K\(stage)".utf8)) }
            })
        let report = try auditor.run()
        if shows { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        let failure = Self.failure(of: report)
        if options.json {
            try Envelope.print(command: "audit", AuditOutput(report), failure: failure)
        } else {
            describe(report)
        }
        if let failure { throw CommandFailureError(failure: failure) }
    }

    /// What the exit code tells; nil if all was derived again and holds.
    private static func failure(of report: AuditReport) -> CommandFailure? {
        if let fault = report.faults.first {
            return CommandFailure(code: "auditFault", .auditFault, fault.description, isSilent: true)
        }
        return report.gaps.first.map {
            CommandFailure(code: "auditUnverified", .auditUnverified, $0.description, isSilent: true)
        }
    }

    private func describe(_ report: AuditReport) {
        let names: [AuditedFolder.Kind: String] = [.run: "run", .coordinator: "coordinator", .ledger: "ledger alone"]
        Terminal.line(Self.line(names[report.kind] ?? "folder", report.run))
        Terminal.line("ledger        \(report.entries) entries, root \(report.root)")
        if !report.key.isEmpty { Terminal.line("signed by     \(report.key)") }
        if report.kind != .run, report.signedEntries < report.entries {
            Terminal.line("              the newest signed head covers \(report.signedEntries) entries")
        }
        if report.isHeadInLedgerAlone {
            Terminal.line("              there is no file checkpoint; the newest signed head is in ledger.sqlite")
        }
        Terminal.line("contributions \(report.contributions) signatures verified")
        for task in report.tasks {
            if report.kind != .run {
                let state = task.isClosed ? "closed" : "open"
                Terminal.line("task          \(task.name) (\(task.task.prefix(12))…, \(state))")
            }
            describe(task)
        }
        for line in Self.grouped(report.notCovered) { Terminal.line(Self.line("not covered", line)) }
        for fault in report.faults { Terminal.line("FAULT         \(fault)") }
        for gap in report.gaps {
            let name = gap.task.flatMap { id in report.tasks.first { $0.task == id }?.name } ?? ""
            Terminal.line("UNVERIFIED    \(name.isEmpty || report.kind == .run ? "" : "\(name): ")\(gap)")
        }
        Terminal.line(Self.lastLine(report))
    }

    private static func line(_ name: String, _ text: String) -> String {
        name + String(repeating: " ", count: max(1, 14 - name.count)) + text
    }

    private static func lastLine(_ report: AuditReport) -> String {
        switch report.verdict {
        case .ok: return "audit: OK"
        case .fault: return "audit: FAILED, first at \(report.faults[0].place)"
        case .unverified:
            let rounds = report.tasks.reduce(0) { $0 + Set($1.gaps.flatMap(\.rounds)).count }
            return """
                audit: UNVERIFIED, \(rounds) of \(report.rounds.count) rounds and \
                \(TokenAmount.text(report.unverifiedUnits)) of \(TokenAmount.text(report.rewarded)) paid rest on what \
                is not at hand
                """
        }
    }

    /// Files by folder, a line each: "tasks/3f61…/private: history-000001, secret".
    private static func grouped(_ paths: [String]) -> [String] {
        var folders: [(name: String, files: [String])] = []
        for path in paths {
            let parts = path.split(separator: "/")
            // A task's id in full says no more to people than its beginning.
            let folder = parts.dropLast().map { $0.count > 32 ? "\($0.prefix(12))…" : String($0) }
                .joined(separator: "/")
            if folders.last?.name != folder { folders.append((folder, [])) }
            folders[folders.count - 1].files.append(String(parts.last ?? ""))
        }
        return folders.map { folder in
            let more = folder.files.count > 6 ? " and \(folder.files.count - 6) more" : ""
            let place = folder.name.isEmpty ? "" : "\(folder.name)/: "
            return place + folder.files.prefix(6).joined(separator: ", ") + more
        }
    }

    private func describe(_ task: AuditedTask) {
        let rederived = task.rounds { $0 == .rederived }
        let without = task.rounds { $0 == .noQuorum }
        Terminal.line("rounds        \(rederived.count) of \(task.rounds.count) computed again, to the last bit")
        if !without.isEmpty { Terminal.line("              \(without.count) had no quorum") }
        for round in task.rounds {
            switch round.outcome {
            case .digestOnly(let reason):
                Terminal.line("              round \(round.round) taken on its digests: \(reason)")
            case .aggregateOnly(let reason):
                Terminal.line(
                    "              round \(round.round): model computed again, the rest taken as recorded: \(reason)")
            case .rederived, .noQuorum: break
            }
        }
        if task.awaitsClose {
            Terminal.line(
                "              scores and exact metrics are revealed, paid and checked when the task is closed")
        }
        let derived = task.rewarded - min(task.rewarded, task.unverifiedUnits)
        let rest = task.unverifiedUnits > 0 ? ", \(TokenAmount.text(task.unverifiedUnits)) taken as recorded" : ""
        Terminal.line("payments      \(task.rewards) rewards, \(TokenAmount.text(derived)) derived again\(rest)")
    }
}

/// What `audit --json` says.
private struct AuditOutput: Encodable {
    struct Fault: Encodable {
        let place: String
        let entry: UInt64?
        let file: String?
        let reason: String
    }

    struct Gap: Encodable {
        let missing: String
        let keeper: String
        let task: String?
        let rounds: [UInt32]
        let units: UInt64
    }

    struct Round: Encodable {
        let round: UInt32
        let outcome: String
        let reason: String?
    }

    struct Task: Encodable {
        let task: String
        let name: String
        let closed: Bool
        let rewards: Int
        let rewarded: UInt64
        let unverified: UInt64
        let rounds: [Round]
    }

    let verdict: String
    let clean: Bool
    let run: String
    let coordinator: Bool
    let entries: UInt64
    let signedEntries: UInt64
    let root: String
    let key: String
    let contributions: Int
    let rewards: Int
    let rewarded: UInt64
    let tasks: [Task]
    let rounds: [Round]
    let faults: [Fault]
    let gaps: [Gap]
    let unverified: UInt64
    let notCovered: [String]

    init(_ report: AuditReport) {
        verdict = report.verdict.rawValue
        clean = report.isClean
        run = report.run
        coordinator = report.isCoordinator
        entries = report.entries
        signedEntries = report.signedEntries
        root = report.root
        key = report.key
        contributions = report.contributions
        rewards = report.rewards
        rewarded = report.rewarded
        rounds = report.rounds.map(Self.round)
        tasks = report.tasks.map { task in
            Task(
                task: task.task, name: task.name, closed: task.isClosed, rewards: task.rewards,
                rewarded: task.rewarded, unverified: task.unverifiedUnits, rounds: task.rounds.map(Self.round))
        }
        gaps = report.gaps.map {
            Gap(missing: $0.missing, keeper: $0.keeper, task: $0.task, rounds: $0.rounds, units: $0.units)
        }
        unverified = report.unverifiedUnits
        notCovered = report.notCovered
        faults = report.faults.map { fault in
            switch fault.place {
            case .entry(let entry):
                Fault(place: fault.place.description, entry: entry, file: nil, reason: fault.reason)
            case .file(let file): Fault(place: fault.place.description, entry: nil, file: file, reason: fault.reason)
            }
        }
    }

    private static func round(_ round: AuditedRound) -> Round {
        switch round.outcome {
        case .rederived: Round(round: round.round, outcome: "rederived", reason: nil)
        case .aggregateOnly(let reason): Round(round: round.round, outcome: "aggregate-only", reason: reason)
        case .digestOnly(let reason): Round(round: round.round, outcome: "digest-only", reason: reason)
        case .noQuorum: Round(round: round.round, outcome: "no-quorum", reason: nil)
        }
    }
}
