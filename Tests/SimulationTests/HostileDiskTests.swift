import Audit
import Foundation
import Ledger
import Runs
import Simulation
import Testing

@Suite("Disks that do not take what is written", .serialized)
struct HostileDiskTests {
    /// A file system of its own that holds little; nil where it cannot be mounted.
    private final class SmallDisk {
        let url: URL

        init?(mebibytes: Int) {
            url = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)")
            guard getuid() == 0, mkdir(url.path, 0o755) == 0 else { return nil }
            guard unsafe mount("tributary", url.path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
                rmdir(url.path)
                return nil
            }
        }

        /// Takes nothing more from here on.
        func makeReadOnly() throws {
            guard unsafe mount("tributary", url.path, "tmpfs", UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) == 0 else {
                throw POSIXError(.EPERM)
            }
        }

        deinit {
            umount2(url.path, Int32(MNT_DETACH))
            rmdir(url.path)
        }
    }

    /// Whether a small file system can be mounted here.
    private static let canMount = SmallDisk(mebibytes: 1) != nil

    @Test(
        "A folder that cannot be written to is refused with a typed error",
        .enabled(if: getuid() != 0, "root may write"))
    func readOnlyParent() throws {
        let room = try RunRoom()
        chmod(room.url.path, 0o555)
        defer { chmod(room.url.path, 0o755) }
        #expect(throws: RunError(.readOnly, "")) { try room.run(SmallScenario().text) }
    }

    @Test(
        "A file system that cannot be written to is refused with a typed error",
        .enabled(if: canMount, "no small file system can be mounted here (that takes root)"))
    func readOnlyDisk() throws {
        let disk = try #require(SmallDisk(mebibytes: 1))
        try disk.makeReadOnly()
        #expect(throws: RunError(.readOnly, "")) { try RunFolder.create(in: disk.url, name: "x", now: Date()) }
    }

    @Test(
        "An audit reads a run on a file system that cannot be written to",
        .enabled(if: canMount, "no small file system can be mounted here (that takes root)"))
    func auditOnReadOnlyDisk() throws {
        let room = try RunRoom()
        let disk = try #require(SmallDisk(mebibytes: 4))
        let run = try room.run(SmallScenario().text)
        let copy = disk.url.appendingPathComponent("run")
        try FileManager.default.copyItem(at: run.folder.url, to: copy)
        try disk.makeReadOnly()
        #expect(try RunFolder(at: copy).audited().faults == [])
    }

    @Test("A file where the runs' folder should be is refused with a typed error")
    func fileAsParent() throws {
        let room = try RunRoom()
        let file = room.url.appendingPathComponent("runs")
        try Data("x".utf8).write(to: file)
        #expect(throws: RunError(.notARunFolder, "")) { try RunFolder.create(in: file, name: "x", now: Date()) }
    }

    @Test("A ledger is never written over")
    func existingLedger() throws {
        let room = try RunRoom()
        let run = try room.run(SmallScenario().text)
        let before = try Data(contentsOf: run.folder.ledger)
        let federation = try PreparedFederation.load(text: SmallScenario().text, folder: room.url.path)
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        #expect(throws: LedgerError(.logExists, "")) {
            try Simulator(federation: federation, folder: run.folder, threads: 1, observer: observer)
        }
        #expect(try Data(contentsOf: run.folder.ledger) == before)
    }

    @Test(
        "A disk that fills ends the run with a typed error and leaves a ledger that verifies",
        .enabled(if: canMount, "no small file system can be mounted here (that takes root)"),
        arguments: [256, 384, 512, 768, 1_024])
    func fullDisk(kibibytesLeft: Int) throws {
        let disk = try #require(SmallDisk(mebibytes: 4))
        let filler = disk.url.appendingPathComponent("filler")
        try Data(count: (4_096 - kibibytesLeft) * 1_024).write(to: filler)
        var scenario = SmallScenario.mixed
        scenario.hidden = "64"
        scenario.rounds = 200
        let federation = try PreparedFederation.load(text: scenario.text, folder: disk.url.path)
        let folder = try RunFolder.create(in: disk.url, name: "full", now: Date(timeIntervalSince1970: 1_770_000_000))
        let observer = Simulator.Observer(roundEnded: { _ in }, isCancelled: { false })
        do {
            _ = try Simulator(federation: federation, folder: folder, threads: 2, observer: observer).run()
            Issue.record("the run ended well on a full disk")
        } catch let error as RunError {
            #expect(error.code == .diskFull, "\(error)")
        } catch let error as LedgerError {
            #expect([.storeFailed, .notDurable].contains(error.code), "\(error)")
        } catch {
            Issue.record("\(error)")
        }
        #expect(try folder.replayed().report.fault == nil)
    }
}
