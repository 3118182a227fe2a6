import AgentClient
import Attestation
import Foundation
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
    mutating func look(_ name: String, _ check: () throws -> String) {
        do {
            findings.append(Finding(name: name, isRight: true, detail: try check(), hint: nil))
        } catch {
            let body = CommandFailure(error).body
            findings.append(Finding(name: name, isRight: false, detail: body.message, hint: body.hint))
        }
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
        let hasSettings = findings.contains { $0.name == "settings" && $0.isRight }
        look("data") {
            guard hasSettings else {
                throw AgentError(
                    .invalidSettings, "unknown while agent.yaml cannot be read", hint: "mend \(folder.settingsPath)")
            }
            guard let path = settings.data else { return "none in agent.yaml; `agent run --data` names them" }
            let data = try AgentData.load(path)
            return "\(data.examples.count) examples of \(data.examples.featureCount) features from \(path)"
        }
        look("disk") { try Self.freeSpace(at: folder.path) }
        var ahead: Int64?
        look("coordinator") {
            let found = try Self.reach(folder)
            ahead = found.clockAheadSeconds
            return found.text
        }
        if let ahead { look("clock") { try Self.clock(aheadSeconds: ahead) } }
        look("process") { folder.isBusy ? "running" : "not running; start it with `\(folder.command("run"))`" }
    }

    /// Asks the coordinator who it is and what time it has.
    private static func reach(_ folder: AgentFolder) throws -> (text: String, clockAheadSeconds: Int64) {
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
                let text = """
                    \(info.origin) at \(join.host):\(join.port) answers, certificate and log key as pinned, \
                    participant \(session.participant)
                    """
                return (text, Int64(Date().timeIntervalSince1970) - Int64(clamping: info.nowMs / 1_000))
            }
        }
    }

    /// Within what `agent run` accepts without a word.
    private static func clock(aheadSeconds seconds: Int64) throws -> String {
        guard seconds.magnitude * 1_000 > AgentLimits.clockDifferenceMs else {
            return "\(seconds.magnitude) s from the coordinator's"
        }
        throw CommandFailureError(
            failure: CommandFailure(
                code: "clock", .failure,
                "\(seconds.magnitude) s \(seconds > 0 ? "ahead of" : "behind") the coordinator's",
                hint: "set it (timedatectl set-ntp true), here or at the coordinator: `hours` are kept by it"))
    }

    static func freeSpace(at path: String) throws -> String {
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
