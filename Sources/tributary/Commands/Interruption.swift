import Foundation
import Synchronization

/// Turns Ctrl-C and SIGTERM into a flag that long commands look at; a second one ends the process at once.
enum Interruption {
    private static let requests = Atomic(0)

    /// Whether the user asked to stop.
    static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }

    /// Takes over the signals.
    static func watch() {
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
