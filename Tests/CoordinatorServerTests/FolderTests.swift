import Attestation
import CoordinatorServer
import Foundation
import TestSupport
import Testing
import Wire

@Suite("The coordinator's folder")
struct FolderTests {
    private let home: TemporaryFolder
    private let folder: CoordinatorFolder
    private let now: Int64 = 1_800_000_000

    init() throws {
        home = try TemporaryFolder()
        folder = CoordinatorFolder(path: "\(home.path)/c")
    }

    private func make(_ change: (inout CoordinatorSettings) -> Void = { _ in }) throws {
        var settings = CoordinatorSettings(origin: "test.example/log")
        change(&settings)
        try CoordinatorSetup.make(
            folder, CoordinatorFolder.Plan(settings: settings, nowSeconds: now), money: .init(),
            nowMs: UInt64(now) * 1_000)
    }

    @Test("What init makes is read back; secrets are the owner's alone")
    func roundTrip() throws {
        try make { $0.names = ["fl.example.org", "10.0.0.1", "::1"] }
        let settings = try folder.readSettings()
        #expect(settings.names == ["fl.example.org", "10.0.0.1", "::1"] && settings.participation == .invited)
        let pair = try folder.readCertificate(nowSeconds: now)
        #expect(pair.certificate.validUntil - pair.certificate.validFrom == 3_650 * 86_400)
        _ = try folder.readKey()
        for path in [folder.key, folder.certificateKey] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(throws: CoordinatorServerError(.exists, "")) { try make() }
    }

    @Test("A key that others can read, or that is damaged, is not used")
    func keys() throws {
        try make()
        chmod(folder.key, 0o644)
        #expect(throws: CoordinatorServerError(.badKey, "")) { try folder.readKey() }
        chmod(folder.key, 0o600)
        try Data("xyz".utf8).write(to: URL(fileURLWithPath: folder.key))
        chmod(folder.key, 0o600)
        #expect(throws: CoordinatorServerError(.badKey, "")) { try folder.readKey() }
    }

    @Test("An expired certificate, one of the future, and one with another's key are refused with what to do")
    func certificates() throws {
        try make()
        for time in [now + 3_651 * 86_400, now - 7_200] {
            #expect(throws: CoordinatorServerError(.badCertificate, "")) {
                try folder.readCertificate(nowSeconds: time)
            }
        }
        let other = try SelfSignedCertificate.make(names: ["x"], validFrom: now)
        try Data(other.privateKey).write(to: URL(fileURLWithPath: folder.certificateKey))
        #expect(throws: CoordinatorServerError(.badCertificate, "")) { try folder.readCertificate(nowSeconds: now) }
    }

    @Test("An operator's own certificate is taken, if its key fits")
    func ownCertificate() throws {
        let own = try SelfSignedCertificate.make(names: ["fl.example.org"], validFrom: now)
        let other = try SelfSignedCertificate.make(names: ["fl.example.org"], validFrom: now)
        let settings = CoordinatorSettings(origin: "test.example/log")
        #expect(throws: CoordinatorServerError(.badCertificate, "")) {
            try CoordinatorSetup.make(
                folder,
                CoordinatorFolder.Plan(
                    settings: settings, certificate: (own.certificate, other.privateKey), nowSeconds: now),
                money: .init(), nowMs: UInt64(now) * 1_000)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path), "nothing is made before all is checked")
        try CoordinatorSetup.make(
            folder,
            CoordinatorFolder.Plan(
                settings: settings, certificate: (own.certificate + other.certificate, own.privateKey),
                nowSeconds: now),
            money: .init(), nowMs: UInt64(now) * 1_000)
        let read = try folder.readCertificate(nowSeconds: now).certificate
        let first = try ServerCertificate(certificate: own.certificate, privateKey: own.privateKey)
        #expect(read.fingerprint == first.fingerprint)
    }

    @Test("One process has the folder")
    func lock() throws {
        try make()
        let lock = try folder.takeLock()
        #expect(throws: CoordinatorServerError(.locked, "")) { try folder.takeLock() }
        withExtendedLifetime(lock) {}
    }

    @Test("Settings with a word that is none name the nearest that is")
    func settings() throws {
        func error(_ text: String) -> CoordinatorServerError? {
            do {
                _ = try CoordinatorSettings(text: text)
                return nil
            } catch { return error }
        }
        #expect(error("origin: a/b\nparticipaton: open\n")?.hint?.contains("participation") == true)
        #expect(error("origin: a/b\nparticipation: opne\n")?.hint?.contains("open") == true)
        #expect(error("origin: a/b\nlisten: { prot: 3 }\n")?.hint?.contains("port") == true)
        #expect(error("participation: open\n")?.message.contains("origin is missing") == true)
        #expect(error("origin: a/b\nretain: forever\n")?.code == .badSettings)
        #expect(error("origin: a/b\nsponsors: [nobody]\n")?.code == .badSettings)
        #expect(error("origin: a/b\nauditors: [nobody]\n")?.message.contains("auditors") == true)
        #expect(error("origin: a/b\nlisten: { port: 65536 }\n")?.code == .badSettings)
        var all = CoordinatorSettings(origin: "a/b")
        all.retention = .rounds(20)
        all.diskBudgetByteCount = 5 << 30
        all.sponsors = [try SigningKey.generate().publicKey]
        all.auditors = [try SigningKey.generate().publicKey, try SigningKey.generate().publicKey]
        all.metrics = .anyone
        all.logLevel = "debug"
        #expect(try CoordinatorSettings(text: all.text) == all)
    }
}
