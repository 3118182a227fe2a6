import AgentClient
import Attestation
import Federation
import Foundation
import Ledger
import Tensors
import TestSupport
import Testing
import Training

@Suite("A trainer that is a program of its own")
struct ExternalTrainerTests {
    let room: TrainerRoom

    init() throws { room = try TrainerRoom() }

    /// Trains and gives the error, which there must be.
    private func failure(of trainer: ExternalTrainer, job: TrainingJob? = nil) async throws -> AgentError {
        let job = try job ?? room.job()
        do {
            _ = try await trainer.train(job)
        } catch {
            return error
        }
        Issue.record("the trainer gave an update")
        throw CocoaError(.featureUnsupported)
    }

    @Test("Its update is rounded to the task's grid, and what it says of its work is taken over")
    func goodFiles() async throws {
        try room.writeUpdate(0.1)
        let trainer = try room.trainer(
            "cp \"$0/good.safetensors\" update.safetensors; "
                + "echo '{\"samples\": 30, \"steps\": 4, \"loss\": 0.25, \"note\": \"x\"}' > metrics.json")
        let trained = try await trainer.train(room.job())
        #expect(trained.sampleCount == 30)
        #expect(trained.stepCount == 4)
        #expect(trained.metrics == ["loss": 0.25])
        let grid = room.task.grid
        let expected = grid.rounded(0.1)
        #expect(trained.update.parameters.layout == room.layout)
        #expect(grid.contains(expected) && (expected - 0.1).magnitude <= grid.step / 2)
        #expect(trained.values == Array(repeating: expected, count: room.layout.count))
        #expect(!trainer.needsPreviousModel)
    }

    @Test("Values beyond the grid's range are set to its end and counted")
    func saturation() async throws {
        try room.writeUpdate(-7)
        let trained = try await room.trainer(TrainerRoom.leaveGoodFiles).train(room.job())
        #expect(trained.values[0] == -room.task.grid.largest)
        #expect(trained.metrics["saturated"] == Double(room.layout.count))
    }

    @Test("It finds the model, a description of its job, and an environment with nothing of the agent's")
    func inputs() async throws {
        try room.writeUpdate(0)
        setenv("TRIBUTARY_TEST_SECRET", "hunter2", 1)
        defer { unsetenv("TRIBUTARY_TEST_SECRET") }
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        let job = try room.job()
        let trainer = try room.trainer(
            "env > env.txt; ls /proc/$$/fd > descriptors.txt; pwd > pwd.txt; cat > stdin.txt; "
                + "echo spoiled >> model.safetensors; " + TrainerRoom.leaveGoodFiles,
            data: "digits", limits: TrainerLimits(threadCount: 3))
        _ = try await trainer.train(job)

        func text(_ name: String) throws -> String {
            try String(contentsOfFile: "\(job.folder)/\(name)", encoding: .utf8)
        }
        let names = try text("env.txt").split(separator: "\n").map { $0.prefix { $0 != "=" } }
        // PWD is the shell's own.
        #expect(
            Set(names).subtracting(["PWD", "SHLVL", "_", "OLDPWD"])
                == ["PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS", "TRIBUTARY_DATA"])
        #expect(try text("env.txt").contains("TRIBUTARY_DATA=digits\n"))
        #expect(try text("env.txt").contains("OMP_NUM_THREADS=3\n"))
        #expect(try text("descriptors.txt").split(separator: "\n").allSatisfy { ["0", "1", "2", "10"].contains($0) })
        #expect(try text("pwd.txt") == "\(job.folder)\n")
        #expect(try text("stdin.txt").isEmpty)
        // The model that the agent keeps is another file than the one that the program wrote to.
        #expect(try SafetensorsFile(path: room.modelFile).parameters().layout == room.layout)

        let description = try #require(
            try JSONSerialization.jsonObject(with: Data(text("task.json").utf8)) as? [String: Any])
        #expect(description["schema"] as? Int == 1)
        #expect(description["task"] as? String == job.taskID.hex)
        #expect(description["round"] as? Int == 3)
        #expect(description["participant"] as? Int == 4)
        #expect(description["deadline_ms"] as? UInt64 == job.deadlineMs)
        let model = try #require(description["model"] as? [String: Any])
        #expect(model["features"] as? Int == 64 && model["classes"] as? Int == 10 && model["hidden"] as? [Int] == [8])
        let training = try #require(description["training"] as? [String: Any])
        #expect(training["learning_rate"] as? Double == 0.1 && training["batch"] as? Int == 20)
        let parameters = try #require(description["parameters"] as? [[String: Any]])
        #expect(parameters.map { $0["name"] as? String } == room.layout.tensors.map(\.name))
        let paths = try #require(description["paths"] as? [String: Any])
        #expect(paths["update"] as? String == "\(job.folder)/update.safetensors")
        #expect(paths["data"] as? String == "digits")
    }

    @Test("A failing exit status is named, with the program's last words")
    func exitStatus() async throws {
        let error = try await failure(
            of: room.trainer(
                "echo fine; echo 'no such column: petal' >&2; printf '\\033[31mgave up\\033[0m' >&2; exit 3"))
        #expect(error.code == .trainerFailed)
        #expect(error.message.contains("exit status 3"), "\(error)")
        #expect(error.message.contains("no such column: petal | "), "\(error)")
        #expect(!error.message.unicodeScalars.contains { $0.value < 32 })
        let words = try await failure(of: room.trainer("echo spoke on stdout; exit 1"))
        #expect(words.message.contains("spoke on stdout"), "\(words)")
    }

    @Test("A crash is named by its signal", arguments: [("SEGV", "SIGSEGV"), ("ABRT", "SIGABRT"), ("KILL", "SIGKILL")])
    func crash(signal: String, name: String) async throws {
        let error = try await failure(of: room.trainer("kill -\(signal) $$"))
        #expect(error.code == .trainerFailed)
        #expect(error.message.contains(name), "\(error)")
        #expect(error.hint != nil)
    }

    @Test("A program that hangs, deaf to SIGTERM, is stopped with all that it started")
    func hang() async throws {
        let lifeline = try Lifeline(in: room.folder.path)
        let limits = TrainerLimits(wallSeconds: 1, graceSeconds: 1)
        let script = "trap '' TERM; (trap '' TERM; echo x; exec sleep 600) > \"$0/lifeline\" & sleep 600; sleep 600"
        let start = ContinuousClock.now
        let error = try await failure(of: room.trainer(script, limits: limits))
        #expect(error.code == .trainerTimedOut)
        #expect(ContinuousClock.now - start < .seconds(300))
        #expect(await lifeline.isCut())
    }

    @Test("The round's deadline stops it where that comes before its own limit")
    func deadline() async throws {
        let error = try await failure(of: room.trainer("sleep 600"), job: room.job(dueInSeconds: 1))
        #expect(error.code == .trainerTimedOut)
        #expect(error.message.contains("deadline"), "\(error)")
        let past = try await failure(of: room.trainer("echo started > \"$0/started\""), job: room.job(dueInSeconds: -5))
        #expect(past.code == .trainerTimedOut)
        #expect(!room.folder.names.contains("started"))
    }

    @Test("No descendant outlives it, in its group or in a session of its own", arguments: ["", "setsid "])
    func grandchildren(prefix: String) async throws {
        try room.writeUpdate(0)
        let lifeline = try Lifeline(in: room.folder.path)
        let script =
            "i=0; while [ $i -lt 100 ]; do \(prefix)sh -c 'echo x; exec sleep 600' > \"$0/lifeline\" & i=$((i+1)); done; "
            + TrainerRoom.leaveGoodFiles
        // Some of the hundred may not have begun yet when the program ends: they are killed before they do.
        let trained = try await room.trainer(script + "; read -r line < /dev/null; sleep 0.3").train(room.job())
        #expect(trained.sampleCount == 30)
        #expect(await lifeline.isCut())
    }

    @Test("Trainers that a killed agent left behind are ended when it starts again, even while they change programs")
    func leftovers() async throws {
        let lifeline = try Lifeline(in: room.folder.path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "echo x; exec sleep 3600"]
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "\(room.folder.path)/job-9"]
        process.standardOutput = FileHandle(forWritingAtPath: lifeline.path)
        try process.run()
        (process.standardOutput as? FileHandle)?.closeFile()
        #expect(await lifeline.isHeld())
        ExternalTrainer.endLeftovers(below: room.folder.path)
        #expect(await lifeline.isCut())
    }

    @Test("Output without end is drained and dropped: the agent keeps the last lines and no more")
    func endlessOutput() async {
        // In a process of its own, whose memory no other test fills.
        await #expect(processExitsWith: .success) {
            let room = try TrainerRoom()
            let mebibytes = Int(ProcessInfo.processInfo.environment["TRIBUTARY_TRAINER_OUTPUT_MIB"] ?? "") ?? 512
            let script =
                "head -c \(mebibytes)M /dev/zero; yes | head -c \(mebibytes)M >&2; echo 'that was it' >&2; exit 9"
            let before = try residentByteCount()
            do {
                _ = try await room.trainer(script).train(room.job())
                Issue.record("the trainer gave an update")
            } catch let error as AgentError {
                #expect(error.message.contains("exit status 9"))
                #expect(error.message.contains("that was it"))
                #expect(error.message.utf8.count < 2_000)
            }
            #expect(try residentByteCount() - before < 64 << 20)
        }
    }

    @Test("It gets no more address space than its limit, and the error says which limit that was")
    func memory() async throws {
        let script = "exec python3 -S -c 'x = bytearray(1 << 30); open(\"full\", \"w\")'"
        let error = try await failure(of: room.trainer(script, limits: TrainerLimits(memoryByteCount: 512 << 20)))
        #expect(error.code == .trainerFailed)
        #expect(error.hint?.contains("512 MiB") == true, "\(error)")
    }

    @Test("It writes no file larger than its limit")
    func fileSize() async throws {
        let job = try room.job()
        let error = try await failure(
            of: room.trainer("exec head -c 8M /dev/zero > big", limits: TrainerLimits(fileByteCount: 1 << 20)), job: job
        )
        #expect(error.message.contains("SIGXFSZ"), "\(error)")
        let size = try FileManager.default.attributesOfItem(atPath: "\(job.folder)/big")[.size] as? Int
        #expect(size == 1 << 20)
    }

    @Test("An agent that stops takes its trainer with it")
    func cancellation() async throws {
        let lifeline = try Lifeline(in: room.folder.path)
        let trainer = try room.trainer("(echo x; exec sleep 600) > \"$0/lifeline\" & wait")
        let job = try room.job()
        let work = Task { () async -> AgentError? in
            do throws(AgentError) {
                _ = try await trainer.train(job)
                return nil
            } catch {
                return error
            }
        }
        // The first byte in the pipe says that the program runs.
        #expect(await lifeline.isHeld())
        work.cancel()
        #expect(await work.value?.code == .stopped)
        #expect(await lifeline.isCut())
    }

    @Test("After any failure the same trainer does the next job")
    func livesOn() async throws {
        try room.writeUpdate(0.5)
        let trainer = try room.trainer(
            "if [ -e \"$0/once\" ]; then \(TrainerRoom.leaveGoodFiles); else : > \"$0/once\"; kill -SEGV $$; fi")
        #expect(try await failure(of: trainer).code == .trainerFailed)
        #expect(try await trainer.train(room.job()).sampleCount == 30)
    }
}

/// Resident memory of this process, in bytes.
private func residentByteCount() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return (Int(fields[1]) ?? 0) * Int(getpagesize())
}
