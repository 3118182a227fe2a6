import Foundation
import Runs
import Testing

@Suite("Run folders")
struct RunFolderTests {
    @Test("A folder is named by scenario and time in UTC, and the second of the same second gets -2")
    func names() throws {
        try RunSamples.withFolder { parent in
            let runs = parent.appendingPathComponent("deep/runs")
            for suffix in ["", "-2", "-3"] {
                let folder = try RunFolder.create(in: runs, name: "digits", now: RunSamples.time)
                #expect(folder.name == "digits-20260102-030405\(suffix)")
            }
        }
    }

    @Test(
        "A name that no folder should have becomes one that it may",
        arguments: [
            ("../../etc", "etc"), ("", "run"), ("a b/c\u{0}d", "a-b-c-d"), ("Größe 3", "Gr-e-3"), ("..", "run"),
            ("--x--", "x"),
        ]
    )
    func slugs(_ name: String, _ expected: String) throws {
        try RunSamples.withFolder { parent in
            let folder = try RunFolder.create(in: parent, name: name, now: RunSamples.time)
            #expect(folder.name == "\(expected)-20260102-030405")
        }
    }

    @Test("Runs are listed newest first, with their summaries, and what is no run is left out")
    func list() throws {
        try RunSamples.withFolder { parent in
            for (name, offset) in [("b", 0.0), ("a", 60.0), ("c", 60.0), ("d", -86_400.0 * 400)] {
                let now = RunSamples.time.addingTimeInterval(offset)
                let folder = try RunFolder.create(in: parent, name: name, now: now)
                try folder.write("name: x\n", to: folder.scenario)
                if name == "b" { try folder.write(RunSamples.summary()) }
                if name == "a" { try folder.write("{", to: folder.summary) }
            }
            _ = try RunFolder.create(in: parent, name: "empty", now: RunSamples.time)
            try Data().write(to: parent.appendingPathComponent("file"))
            let listing = try RunFolder.list(in: parent)
            #expect(listing.map { $0.name.prefix(1) } == ["a", "c", "b", "d"])
            #expect(listing[2].date == RunSamples.time)
            #expect(listing[2].summary == RunSamples.summary())
            #expect(listing[0].fault?.code == .malformed)
            #expect(listing[1].fault?.code == .missing)
            #expect(try RunFolder.list(in: parent.appendingPathComponent("none")).isEmpty)
        }
    }

    @Test("A run is found by path, name, beginning of a name, or as the latest")
    func find() throws {
        try RunSamples.withFolder { parent in
            for (name, offset) in [("mnist-a", 0.0), ("mnist-b", 9.0)] {
                let now = RunSamples.time.addingTimeInterval(offset)
                let folder = try RunFolder.create(in: parent, name: name, now: now)
                try folder.write("x", to: folder.scenario)
            }
            let first = "mnist-a-20260102-030405"
            #expect(try RunFolder.find(first, in: parent).name == first)
            #expect(try RunFolder.find("mnist-a", in: parent).name == first)
            #expect(try RunFolder.find(parent.path + "/" + first, in: parent).name == first)
            #expect(try RunFolder.find("latest", in: parent).name == "mnist-b-20260102-030414")
            #expect(throws: RunError(.ambiguousName, "")) { try RunFolder.find("mnist", in: parent) }
            #expect(throws: RunError(.missing, "")) { try RunFolder.find("cifar", in: parent) }
        }
    }

    @Test("Opening says whether a path is missing, a file, or a folder without a run")
    func open() throws {
        try RunSamples.withFolder { parent in
            #expect(throws: RunError(.missing, "")) { try RunFolder.open(parent.path + "/none") }
            #expect(throws: RunError(.notARunFolder, "")) { try RunFolder.open(parent.path) }
            try Data().write(to: parent.appendingPathComponent("file"))
            #expect(throws: RunError(.notARunFolder, "")) { try RunFolder.open(parent.path + "/file") }
            #expect(throws: RunError(.notARunFolder, "")) {
                try RunFolder.create(in: parent.appendingPathComponent("file"), name: "x", now: RunSamples.time)
            }
            #expect(throws: RunError(.notARunFolder, "")) {
                try RunFolder.create(in: parent.appendingPathComponent("file/below"), name: "x", now: RunSamples.time)
            }
        }
    }

    @Test("A folder that may not be written gives a typed error")
    func readOnly() throws {
        try RunSamples.withFolder { parent in
            // Root may write anywhere but into the kernel's own trees.
            let locked = geteuid() == 0 ? URL(fileURLWithPath: "/sys/kernel") : parent
            if geteuid() != 0 { chmod(parent.path, 0o555) }
            defer { chmod(parent.path, 0o755) }
            #expect(throws: RunError(.readOnly, "")) {
                try RunFolder.create(in: locked, name: "x", now: RunSamples.time)
            }
            let folder = RunFolder(at: locked)
            #expect(throws: RunError(.readOnly, "")) { try folder.write("x", to: folder.summary) }
            #expect(throws: RunError(.readOnly, "")) { try MetricsFile(folder.metrics) }
            #expect(throws: RunError(.readOnly, "")) { try EventLog(folder.events) }
        }
    }

    @Test("A full disk gives a typed error", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullDisk() throws {
        let log = try EventLog(URL(fileURLWithPath: "/dev/full"))
        #expect(throws: RunError(.diskFull, "")) { try log.append(RunEvent("round-opened")) }
    }

    @Test("A write replaces the whole file, leaves nothing beside it, and a failed one leaves the old bytes")
    func atomic() throws {
        try RunSamples.withFolder { parent in
            let folder = RunFolder(at: parent)
            try folder.write("long old text", to: folder.report)
            try folder.write("new", to: folder.report)
            #expect(try folder.read(folder.report, limit: 10) == Array("new".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == ["report.html"])
            // A folder stands where the temporary file should go: the write fails before it touches anything.
            let blocked = parent.appendingPathComponent("report.html.part")
            try FileManager.default.createDirectory(at: blocked, withIntermediateDirectories: false)
            #expect(throws: RunError.self) { try folder.write("newer", to: folder.report) }
            #expect(try folder.read(folder.report, limit: 10) == Array("new".utf8))
        }
    }

    @Test("A file past its limit, or that is no file, is refused before it is read")
    func reading() throws {
        try RunSamples.withFolder { parent in
            let folder = RunFolder(at: parent)
            try folder.write("four", to: folder.report)
            #expect(throws: RunError(.tooLarge, "")) { try folder.read(folder.report, limit: 3) }
            #expect(throws: RunError(.malformed, "")) { try folder.read(parent, limit: 3) }
            #expect(throws: RunError(.missing, "")) { try folder.readSummary() }
            #expect(mkfifo(folder.summary.path, 0o600) == 0)
            #expect(throws: RunError(.malformed, "")) { try folder.readSummary() }
        }
    }
}
