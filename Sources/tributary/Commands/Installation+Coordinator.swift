import AgentClient
import Attestation
import Audit
import CoordinatorServer
import Foundation
import Ledger
import Runs
import Wire

extension Installation {
    /// A coordinator's folder: settings, key, certificate, the lists that operators may edit, ledger, disk, port, and
    /// the process if one runs.
    mutating func lookAtCoordinator(_ folder: CoordinatorFolder, threads: Int) {
        var settings: CoordinatorSettings?
        look("settings") {
            let read = try folder.readSettings()
            settings = read
            return "\(read.origin) in \(folder.path)"
        }
        guard let settings else { return }
        look("key") { try folder.readKey().publicKey.did }
        look("certificate") {
            let now = Int64(Date().timeIntervalSince1970)
            let certificate = try folder.readCertificate(nowSeconds: now).certificate
            return "\(certificate.fingerprint), good for another \((certificate.validUntil - now) / 86_400) days"
        }
        look("invitations") { "\(try InvitationBook(folder: folder).count) kept" }
        look("bans") { "\(try BanList(folder: folder).banned.count) banned" }
        look("disk") { try Self.freeSpace(at: folder.path) }
        // Only who runs it keeps the lock.
        if (try? folder.takeLock()) != nil {
            look("ledger") { try Self.ledger(folder, threads: threads) }
            look("port") { try Self.port(settings) }
            look("process") { "none runs; start it with `tributary coordinator run --home \(folder.path)`" }
        } else {
            look("port") {
                let address = try folder.runningAddress()
                return address.map { "\($0), used by this coordinator" } ?? "not open yet: the coordinator is starting"
            }
            look("process") {
                let info = try CoordinatorClient(folder).ask { try await $0.information() }
                let open = info.openTasks.count
                return """
                    running, participants: \(info.participants), \(info.available) available, open tasks: \(open)
                    """
            }
        }
    }

    private static func ledger(_ folder: CoordinatorFolder, threads: Int) throws -> String {
        guard FileManager.default.fileExists(atPath: folder.ledger) else {
            throw CoordinatorServerError(
                .fileSystem, "there is no file \(folder.ledger)",
                hint: "restore it from a backup: without it nobody's model or tokens can be shown")
        }
        let ledger = try RunLedger(RunFolder(at: URL(fileURLWithPath: folder.path)))
        let report = Replay.run(store: ledger.store, verifySignatures: false, threads: threads)
        if let fault = report.fault { throw fault.error }
        let now = UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
        guard report.state.lastTimeMs <= now + 60_000 else {
            let behind = (report.state.lastTimeMs - now) / 1_000
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "clock", .failure, "the last entry is \(behind) s ahead of this machine's clock",
                    hint: "set the clock; until then entries are stamped with the last entry's time"))
        }
        // A process that was killed leaves the last entries beside the file, where the next start takes them up.
        let ending = ledger.wasClosed ? "" : "; not closed by its last process, which the next start puts right"
        return "entries that verify: \(report.count), root \(report.root.hex.prefix(16))…\(ending)"
    }

    private static func port(_ settings: CoordinatorSettings) throws -> String {
        let place = "\(settings.host):\(settings.port)"
        guard settings.port != 0 else { return "any free one is taken at the start" }
        switch PortProbe.look(host: settings.host, port: settings.port) {
        case .free: return "\(place) is free"
        case .inUse:
            throw CoordinatorServerError(
                .portInUse, "another program listens at \(place)",
                hint: "stop it (`ss -ltnp` names it), or choose another port in coordinator.yaml")
        case .unusable(let reason):
            throw CoordinatorServerError(
                .cannotListen, "cannot listen at \(place): \(reason)", hint: "check listen in coordinator.yaml")
        }
    }
}
