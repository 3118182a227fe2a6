import Foundation
import Synchronization

/// Turns Ctrl-C and SIGTERM into a flag that long commands look at; a second one ends the process at once.
enum Interruption {
    private static let requests = Atomic(0)

    /// Whether the user asked to stop.
    static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

    /// Takes over the signals.
    static func watch() {
        // Who starts a process from a worker thread hands down a mask that blocks them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        sigprocmask(SIG_UNBLOCK, &signals, nil)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                // Only what is safe in a signal handler: an atomic, and _exit.
                if Interruption.requests.add(1, ordering: .relaxed).newValue > 1 {
                    _exit(CommandFailure.Exit.interrupted.rawValue)
                }
            }
        }
    }
}
