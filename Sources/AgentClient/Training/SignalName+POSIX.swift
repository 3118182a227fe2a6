internal import Glibc

/// The names of signals, for messages.
enum SignalName {
    /// "SIGSEGV", or the number of a signal without a name.
    static func of(_ signal: Int32) -> String {
        names[signal].map { "SIG\($0)" } ?? "signal \(signal)"
    }

    private static let names: [Int32: String] = [
        SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP", SIGABRT: "ABRT", SIGBUS: "BUS",
        SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1", SIGSEGV: "SEGV", SIGUSR2: "USR2", SIGPIPE: "PIPE",
        SIGALRM: "ALRM", SIGTERM: "TERM", SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGSYS: "SYS",
    ]

    /// What somebody whose program was ended by the signal may look for.
    static func hint(_ signal: Int32) -> String? {
        switch signal {
        case SIGKILL: "if nobody else ended it, the kernel did for want of memory: see its log"
        case SIGXFSZ: "it wrote a file past the trainer's file limit"
        case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT:
            "the program crashed: run it by hand in a folder like the one it was given"
        default: nil
        }
    }
}
