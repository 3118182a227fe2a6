internal import UnixSignals

extension CoordinatorService {
    /// Stops at SIGTERM or SIGINT and reloads at SIGHUP, until the task is cancelled.
    package func followSignals() async {
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
            switch signal {
            case .sighup: reload()
            case .sigterm: stop("SIGTERM")
            default: stop("SIGINT")
            }
        }
    }
}
