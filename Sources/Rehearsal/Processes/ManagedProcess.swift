import Foundation
import Synchronization

/// A child process whose output goes to a log and which can be killed and started again.
///
/// The state behind the lock is touched by whoever starts, kills or waits, and by the termination handler.
final class ManagedProcess: Sendable {
    /// How a process ended.
    enum Ending: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    private struct State {
        var process: Process?
        var ending: Ending?
        /// Whether `killed` ended it, or was about to.
        var isKilled = false
        var waiters: [@Sendable (Ending) -> Void] = []
    }

    let name: String
    private let binary: String
    private let arguments: [String]
    private let log: URL
    /// Where it keeps its state that belongs to no folder of its own.
    private let stateFolder: URL
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: for people: `coordinator`, `agent 3`.
    ///   - log: what it prints is appended here.
    ///   - stateFolder: its `XDG_STATE_HOME`.
    init(name: String, binary: String, arguments: [String], log: URL, stateFolder: URL) {
        self.name = name
        self.binary = binary
        self.arguments = arguments
        self.log = log
        self.stateFolder = stateFolder
    }

    /// Starts it; it must not be running.
    func start() throws(RehearsalError) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": stateFolder.path]) { $1 }
        process.standardInput = FileHandle.nullDevice
        do {
            if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
            let handle = try FileHandle(forWritingTo: log)
            try handle.seekToEnd()
            process.standardOutput = handle
            process.standardError = handle
            process.terminationHandler = { [weak self] ended in
                let isSignal = ended.terminationReason == .uncaughtSignal
                self?.end(isSignal ? .killed(signal: ended.terminationStatus) : .exited(ended.terminationStatus))
            }
            state.withLock {
                $0.ending = nil
                $0.isKilled = false
                $0.process = process
            }
            try process.run()
            try handle.close()
        } catch {
            throw RehearsalError(.processFailed, "\(name) could not be started: \(error)")
        }
    }

    private func end(_ ending: Ending) {
        let waiters = state.withLock { state in
            state.ending = ending
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter(ending) }
    }

    /// Waits for its end.
    func ended() async -> Ending {
        await withCheckedContinuation { continuation in
            let ending = state.withLock { state -> Ending? in
                if state.ending == nil { state.waiters.append { continuation.resume(returning: $0) } }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
    }

    /// Sends SIGKILL and waits for its end.
    ///
    /// - Returns: how it ended, which may have been by itself; nil if it did not run.
    func killed() async -> Ending? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Ending?, Never>) in
            let pid = state.withLock { state -> Int32? in
                guard state.ending == nil, let pid = state.process?.processIdentifier, pid > 0 else { return nil }
                state.isKilled = true
                state.waiters.append { continuation.resume(returning: $0) }
                return pid
            }
            guard let pid else { return continuation.resume(returning: nil) }
            kill(pid, SIGKILL)
        }
    }

    /// Whether `killed` ended it.
    var wasKilled: Bool { state.withLock(\.isKilled) }

    /// How it ended, if it has.
    var ending: Ending? { state.withLock(\.ending) }

    /// Sends a signal, if it runs.
    func send(_ signal: Int32) {
        let pid = state.withLock { $0.ending == nil ? $0.process?.processIdentifier : nil }
        if let pid, pid > 0 { kill(pid, signal) }
    }

    /// The last lines of its log.
    var logTail: String {
        guard let handle = try? FileHandle(forReadingFrom: log), let size = try? handle.seekToEnd() else { return "" }
        try? handle.seek(toOffset: size - min(size, UInt64(RehearsalLimits.quotedLogByteCount)))
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }

    /// Runs it to its end, which must be exit code 0.
    func finish() async throws(RehearsalError) {
        try start()
        let ending = await ended()
        guard ending == .exited(0) else { throw failure(ending) }
    }

    /// The error that says how it ended, with the end of its log.
    func failure(_ ending: Ending) -> RehearsalError {
        let how =
            switch ending {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        return RehearsalError(.processFailed, "\(name) ended with \(how):\n\(logTail)", hint: "its log: \(log.path)")
    }
}
