import AgentClient
import Attestation
import CoordinatorServer
import Foundation
import Ledger
import Tensors
import Wire

/// What `doctor` looks at in a coordinator's or an agent's folder, with what it found, in words.
struct Installation {
    /// One thing looked at.
    struct Finding: Encodable {
        let name: String
        let isRight: Bool
        let detail: String
        let hint: String?
    }

    private(set) var findings: [Finding] = []

    var isRight: Bool { findings.allSatisfy(\.isRight) }

    /// Looks at one thing; what it throws is what is wrong.
    private mutating func look(_ name: String, _ check: () throws -> String) {
        do {
            findings.append(Finding(name: name, isRight: true, detail: try check(), hint: nil))
        } catch {
            let body = CommandFailure(error).body
            findings.append(Finding(name: name, isRight: false, detail: body.message, hint: body.hint))
        }
    }

    /// A coordinator's folder: settings, key, certificate, ledger, clock, disk, and the process if one runs.
    mutating func lookAtCoordinator(_ folder: CoordinatorFolder, threads: Int) {
        look("settings") { "\(try folder.readSettings().origin) in \(folder.path)" }
        guard isRight else { return }
        look("key") { try folder.readKey().publicKey.did }
        look("certificate") {
            let now = Int64(Date().timeIntervalSince1970)
            let certificate = try folder.readCertificate(nowSeconds: now).certificate
            return "\(certificate.fingerprint), good for another \((certificate.validUntil - now) / 86_400) days"
        }
        look("disk") { try Self.freeSpace(at: folder.path) }
        let client = try? CoordinatorClient(folder)
        let isIdle = (try? client?.lockIfIdle()) != nil
        if isIdle {
            look("ledger") { try Self.ledger(folder, threads: threads) }
            look("process") { "none runs; start it with `tributary coordinator run --home \(folder.path)`" }
        } else if let client {
            look("process") {
                let info = try client.ask { try await $0.information() }
                let open = info.openTasks.count
                return "running, participants: \(info.participants), \(info.available) available, \(open) tasks open"
            }
        }
    }

    private static func ledger(_ folder: CoordinatorFolder, threads: Int) throws -> String {
        let store = try SQLiteLedgerStore(path: folder.ledger, access: .readOnly)
        let report = Replay.run(store: store, verifySignatures: false, threads: threads)
        if let fault = report.fault { throw fault.error }
        let now = UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
        guard report.state.lastTimeMs <= now + 60_000 else {
            let behind = (report.state.lastTimeMs - now) / 1_000
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "clock", .failure, "the last entry is \(behind) s ahead of this machine's clock",
                    hint: "set the clock; until then entries are stamped with the last entry's time"))
        }
        return "\(report.count) entries verify, root \(report.root.hex.prefix(16))…"
    }

    /// An agent's folder: key, join string, settings, consent, data, disk, and whether the coordinator answers.
    mutating func lookAtAgent(_ folder: AgentFolder) {
        look("key") {
            guard let key = try folder.key() else {
                throw AgentError(
                    .notJoined, "there is no agent in \(folder.path)",
                    hint: "run `\(folder.command("join"))` with the operator's join string first")
            }
            return key.publicKey.did
        }
        guard isRight else { return }
        var settings = AgentSettings(threads: ProcessInfo.processInfo.activeProcessorCount)
        look("settings") {
            settings = try AgentSettings(
                text: try folder.text(at: folder.settingsPath) ?? "",
                threads: ProcessInfo.processInfo.activeProcessorCount)
            return "\(settings.threads) threads, power \(settings.power)"
        }
        look("consent") {
            _ = try folder.consent()
            return folder.consentPath
        }
        look("data") {
            guard let path = settings.data else { return "none in agent.yaml; `agent run --data` names them" }
            let data = try AgentData.load(path)
            return "\(data.examples.count) examples of \(data.examples.featureCount) features from \(path)"
        }
        look("disk") { try Self.freeSpace(at: folder.path) }
        look("coordinator") { try Self.reach(folder) }
        look("process") { folder.isBusy ? "running" : "not running; start it with `\(folder.command("run"))`" }
    }

    private static func reach(_ folder: AgentFolder) throws -> String {
        guard let join = try folder.joinString(), let key = try folder.key() else {
            throw AgentError(
                .notJoined, "no join string is kept here",
                hint: "run `\(folder.command("join"))` with the operator's join string again")
        }
        return try InterruptibleWork.run {
            try await CoordinatorConnection.with(join: join, key: key) { connection in
                let info = try await connection.information()
                let session = try await connection.session()
                guard session.registered else {
                    throw AgentError(
                        .notJoined, "it answers but does not know this key",
                        hint: "run `\(folder.command("join"))` with the operator's join string again")
                }
                let skew = Int64(bitPattern: info.nowMs) / 1_000 - Int64(Date().timeIntervalSince1970)
                return
                    "\(info.origin) at \(join.host):\(join.port) answers, certificate and log key as pinned, "
                    + "participant \(session.participant), clocks \(abs(skew)) s apart"
            }
        }
    }

    private static func freeSpace(at path: String) throws -> String {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
        let free = (attributes[.systemFreeSize] as? NSNumber)?.uint64Value ?? 0
        guard free >= 200_000_000 else {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "diskFull", .io, "only \(free / 1_000_000) MB are free at \(path)", hint: "make room"))
        }
        return "\(free / 1_000_000) MB free"
    }
}
