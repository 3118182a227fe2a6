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
            Says OK, or names the first entry or file that is wrong and why, and exits with 2. Rounds whose updates were
            not kept are taken on their digests' word, and named. A coordinator's folder is audited task by task, while
            the coordinator is stopped.

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
        let failure = report.faults.first.map {
            CommandFailure(code: "auditFault", .auditFault, $0.description, isSilent: true)
        }
        if options.json {
            try Envelope.print(command: "audit", AuditOutput(report), failure: failure)
        } else {
            describe(report)
        }
        if let failure { throw CommandFailureError(failure: failure) }
    }

    private func describe(_ report: AuditReport) {
        let name = report.isCoordinator ? "coordinator  " : "run          "
        Terminal.line("\(name) \(report.run)")
        Terminal.line("ledger        \(report.entries) entries, root \(report.root)")
        if !report.key.isEmpty { Terminal.line("signed by     \(report.key)") }
        if report.isCoordinator, report.signedEntries < report.entries {
            Terminal.line("              the last checkpoint covers \(report.signedEntries) entries")
        }
        Terminal.line("contributions \(report.contributions) signatures verified")
        for task in report.tasks {
            if report.isCoordinator {
                let state = task.isClosed ? "closed" : "open"
                Terminal.line("task          \(task.name) (\(task.task.prefix(12))…, \(state))")
            }
            describe(task)
        }
        for fault in report.faults { Terminal.line("FAULT         \(fault)") }
        Terminal.line(report.isClean ? "audit: OK" : "audit: FAILED, first at \(report.faults[0].place)")
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
                    "              round \(round.round): average computed again, the rest taken as recorded: \(reason)")
            case .rederived, .noQuorum: break
            }
        }
        Terminal.line("payments      \(task.rewards) rewards, \(TokenAmount.text(task.rewarded)) derived again")
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
        let rounds: [Round]
    }

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

    init(_ report: AuditReport) {
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
                rewarded: task.rewarded, rounds: task.rounds.map(Self.round))
        }
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
