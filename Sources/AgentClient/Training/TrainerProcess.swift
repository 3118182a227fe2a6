import Subprocess
import SystemPackage

/// One run of a trainer's program, watched from its start until nothing of it is left.
struct TrainerProcess: Sendable {
    /// How it ended, and its last words.
    struct Outcome: Sendable {
        var status: TerminationStatus
        /// Its time was over when its end was seen. It was stopped then, unless it ended by itself and the agent, on a
        /// busy machine, saw that late.
        var isLate: Bool
        var output: OutputTail
        var errors: OutputTail

        /// The last lines of standard error or, where it is empty, of standard output.
        var lastWords: String? { errors.lastWords ?? output.lastWords }
    }

    /// The program's path.
    let program: String
    let arguments: [String]
    /// All that it finds in its environment.
    let environment: [Environment.Key: String]
    /// Where it works. Its `HOME` is the same, which tells its processes from others'.
    let folder: String
    /// How long it may run, and how long after SIGTERM it may tidy up.
    let limit: Duration
    let grace: Duration

    /// Runs the program and waits for its end.
    ///
    /// It leads a session and a process group of its own, reads nothing, and inherits no descriptor. After `limit` the
    /// group gets SIGTERM, after `grace` more SIGKILL. Whatever is left when it ends is killed: the group, and
    /// descendants that left it.
    ///
    /// - Throws: `AgentError` with code `trainerFailed` if it cannot be started, `stopped` if the task was cancelled.
    func run() async throws(AgentError) -> Outcome {
        let clock = ContinuousClock()
        let start = clock.now
        let result: (status: TerminationStatus, output: OutputTail, errors: OutputTail)
        do {
            result = try await supervise()
        } catch {
            if Task.isCancelled { throw Self.stopped }
            throw AgentError(
                .trainerFailed, "the trainer \(program) cannot be started: \(error)",
                hint: "see that the program is there and may be run")
        }
        DescendantSweep(folder: folder).end()
        if Task.isCancelled { throw Self.stopped }
        return Outcome(
            status: result.status, isLate: clock.now - start >= limit, output: result.output, errors: result.errors)
    }

    private static let stopped = AgentError(.stopped, "the trainer was stopped, as the agent was")

    private func supervise() async throws -> (status: TerminationStatus, output: OutputTail, errors: OutputTail) {
        var options = PlatformOptions()
        options.createSession = true
        // What happens if the agent's task is cancelled.
        let ending = TeardownStep.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: grace)
        options.teardownSequence = [ending]
        // Signal 0 reaches nobody: the first step is the wait for the program's own end.
        let watch = [
            TeardownStep.send(signal: Signal(rawValue: 0), allowedDurationToNextStep: limit), ending,
        ]
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments), environment: .custom(environment),
            workingDirectory: FilePath(folder), platformOptions: options)
        let result = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .sequence
        ) { execution in
            async let output = Self.tail(of: execution.standardOutput)
            async let errors = Self.tail(of: execution.standardError)
            await execution.teardown(using: watch)
            // The leader is dead and not yet waited for, so its group's number cannot be another's.
            try? execution.send(signal: .kill, toProcessGroup: true)
            DescendantSweep(folder: folder).end()
            return await (output, errors)
        }
        return (result.terminationStatus, result.closureResult.0, result.closureResult.1)
    }

    /// Reads a stream to its end, however long it is, and keeps the end of it.
    private static func tail(of stream: SubprocessOutputSequence) async -> OutputTail {
        var tail = OutputTail()
        // A stream that breaks ends there: what counts is what the program leaves in its folder.
        do {
            for try await buffer in stream { buffer.withUnsafeBytes { tail.append($0) } }
        } catch {}
        return tail
    }
}
