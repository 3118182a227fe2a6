import FoundationEssentials
import Subprocess

/// A trainer that is a program of the participant's own, in any language: a supervised child process.
///
/// For each job it finds `model.safetensors` and `task.json` in its working folder and leaves `update.safetensors` and
/// `metrics.json` there (`Protocols/trainer.md`). The update need not be on the grid: it is rounded here.
package struct ExternalTrainer: AgentTrainer {
    /// The program as an absolute path, and its arguments.
    package let command: [String]
    /// What the program finds as `TRIBUTARY_DATA`: an absolute path, or a word of its own such as "digits".
    package let dataPath: String?
    /// The bounds that it is held to.
    package let limits: TrainerLimits
    /// The program that sets the resource limits and then becomes the trainer.
    private let limiter: String

    /// It is not asked for.
    package var needsPreviousModel: Bool { false }

    /// A trainer that runs `command`.
    ///
    /// The program is looked up on the `PATH`. It runs in another folder than the agent, so an argument, and the data
    /// path, that names a file here by a relative path is made absolute.
    ///
    /// - Throws: `AgentError` with code `inputMissing` if there is no such program, `invalidSettings` if there is
    ///   nothing to limit it with.
    package init(
        command: [String], dataPath: String?, limits: TrainerLimits = TrainerLimits()
    ) throws(AgentError) {
        guard let name = command.first, !name.isEmpty else {
            throw AgentError(
                .invalidSettings, "the trainer's command is empty", hint: "give a program, such as 'python3 train.py'")
        }
        guard command.count <= TrainerLimits.wordCount,
            (command + [dataPath ?? ""]).allSatisfy({
                $0.utf8.count <= TrainerLimits.wordByteCount && !$0.utf8.contains(0)
            })
        else {
            throw AgentError(
                .invalidSettings, "the trainer's command has more than \(TrainerLimits.wordCount) words, or a zero byte"
            )
        }
        guard limits.wallSeconds > 0, limits.threadCount > 0, limits.graceSeconds >= 0 else {
            throw AgentError(.invalidSettings, "the trainer's time and threads must be at least 1")
        }
        guard let program = Self.program(named: name) else {
            throw AgentError(
                .inputMissing, "there is no program \"\(name)\" to train with",
                hint: "give its path, or install it; the PATH is \(Self.searchPath)")
        }
        guard let limiter = Self.program(named: "prlimit") else {
            throw AgentError(
                .invalidSettings, "there is no prlimit here, which limits the trainer's memory",
                hint: "install it (Debian: apt-get install util-linux)")
        }
        self.command = [program] + command.dropFirst().map(Self.absoluteIfPresent)
        self.dataPath = dataPath.map(Self.absoluteIfPresent)
        self.limits = limits
        self.limiter = limiter
    }

    package func train(_ job: TrainingJob) async throws(AgentError) -> TrainedUpdate {
        let remaining = Int64(clamping: job.deadlineMs) - Self.nowMs
        let limit = min(Int64(limits.wallSeconds) * 1_000, remaining)
        guard limit > 0 else {
            throw AgentError(.trainerTimedOut, "round \(job.round) is over: its deadline was \(-remaining) ms ago")
        }
        let files = try TrainerFiles(job, limits: limits, dataPath: dataPath)
        let process = TrainerProcess(
            program: limiter, arguments: resourceLimits + ["--"] + command, environment: environment(of: job),
            folder: job.folder, limit: .milliseconds(limit), grace: .seconds(limits.graceSeconds))
        let outcome = try await process.run()
        if outcome.status != .exited(0) { throw failure(outcome, limitMs: limit, isDeadline: limit == remaining) }
        do { return try files.trainedUpdate(for: job) } catch {
            // It was told to stop and did so in good order, with nothing to show.
            throw outcome.isLate ? failure(outcome, limitMs: limit, isDeadline: limit == remaining) : error
        }
    }

    /// Ends trainers that an agent that was killed left running for jobs in folders below `folder`.
    package static func endLeftovers(below folder: String) {
        DescendantSweep(folder: folder).end()
    }

    private static var nowMs: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// Options for prlimit; a process that crashes leaves no core.
    private var resourceLimits: [String] {
        var options = ["--core=0", "--fsize=\(limits.fileByteCount)"]
        if let memory = limits.memoryByteCount { options.append("--as=\(memory)") }
        return options
    }

    /// All that the program finds in its environment: nothing of the agent's but the PATH and the language.
    private func environment(of job: TrainingJob) -> [Environment.Key: String] {
        var environment: [Environment.Key: String] = [
            "PATH": Self.searchPath,
            "HOME": job.folder,
            "LANG": ProcessInfo.processInfo.environment["LANG"] ?? "C.UTF-8",
            "TMPDIR": job.folder,
            "OMP_NUM_THREADS": String(limits.threadCount),
        ]
        if let dataPath { environment["TRIBUTARY_DATA"] = dataPath }
        return environment
    }

    private func failure(_ outcome: TrainerProcess.Outcome, limitMs: Int64, isDeadline: Bool) -> AgentError {
        let words = outcome.lastWords.map { "; its last words: \($0)" } ?? "; it said nothing"
        if outcome.isLate {
            let bound = isDeadline ? "until the round's deadline" : "of its limit"
            return AgentError(
                .trainerTimedOut, "the trainer was stopped after the \(limitMs) ms \(bound)\(words)",
                hint: isDeadline ? "train fewer epochs or on fewer examples" : "raise trainer_minutes in agent.yaml")
        }
        switch outcome.status {
        case .exited(let status):
            return AgentError(
                .trainerFailed, "the trainer ended with exit status \(status)\(words)",
                hint: memoryHint(outcome) ?? "run it by hand in a folder like the one it was given")
        case .signaled(let signal):
            return AgentError(
                .trainerFailed, "the trainer was ended by \(SignalName.of(signal))\(words)",
                hint: memoryHint(outcome) ?? SignalName.hint(signal))
        }
    }

    /// What to say to a trainer that says it has no memory left.
    private func memoryHint(_ outcome: TrainerProcess.Outcome) -> String? {
        guard let limit = limits.memoryByteCount else { return nil }
        let signs = ["MemoryError", "bad_alloc", "annot allocate memory", "ut of memory"]
        let text = outcome.errors.text
        guard signs.contains(where: { text.contains($0) }) else { return nil }
        return """
            its memory limit is \(limit >> 20) MiB of address space a process; raise memory_mb in agent.yaml if the \
            machine has more
            """
    }
}
