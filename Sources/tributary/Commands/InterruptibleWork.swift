import Dispatch
import Foundation
import Synchronization

/// Runs asynchronous work for a command, and cancels it on Ctrl-C or SIGTERM; a second one ends the process at once.
enum InterruptibleWork {
    /// Blocks the calling thread until the work is done.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        let task = Task {
            do {
                let value = try await work()
                box.outcome.withLock { $0 = .success(value) }
            } catch {
                box.outcome.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        let sources = watch { task.cancel() }
        done.wait()
        for source in sources { source.cancel() }
        guard let result = box.outcome.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }

    private final class Box<Value: Sendable>: Sendable {
        let outcome = Mutex<Result<Value, any Error>?>(nil)
    }

    private static func watch(_ stop: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
        let queue = DispatchQueue(label: "tributary.signals")
        let requests = Counter()
        return [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if requests.value.add(1, ordering: .relaxed).newValue > 1 {
                    exit(CommandFailure.Exit.interrupted.rawValue)
                }
                stop()
            }
            source.resume()
            return source
        }
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}
