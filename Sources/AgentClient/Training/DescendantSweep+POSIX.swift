internal import Glibc

/// Ends what a trainer's program left behind: processes that made a session of their own and so escaped the signals to
/// the program's group.
///
/// They are known by their environment, where `HOME` is the job's folder or a folder below it. A trainer that wipes it
/// escapes; it is the participant's own program, so this is against accidents, not against an enemy.
struct DescendantSweep {
    /// The job's folder, or one that holds the folders of jobs.
    let folder: String

    /// Kills them, and looks again until there is none that has not been killed: a killed process forks no more.
    func end() {
        let marks = ["HOME=\(folder)\0", "HOME=\(folder)/"].map { Array($0.utf8) }
        var killed: Set<pid_t> = []
        for _ in 0..<TrainerLimits.sweepCount {
            var isChanging = false
            for process in Self.processes() where !killed.contains(process) {
                switch Self.bears(marks, process: process) {
                case true:
                    kill(process, SIGKILL)
                    killed.insert(process)
                    isChanging = true
                case nil: isChanging = true
                default: break
                }
            }
            if !isChanging { return }
            usleep(TrainerLimits.sweepGapMicroseconds)
        }
    }

    /// Every process but this one.
    private static func processes() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = pid_t(name), number > 1, number != getpid() { found.append(number) }
        }
        return found
    }

    /// Whether one of the marks stands in a process's environment, at the start of a variable. Other people's
    /// environments cannot be read, so they never match. Nil for one that is about to become another program: for a
    /// moment it has no environment.
    private static func bears(_ marks: [[UInt8]], process: pid_t) -> Bool? {
        guard let bytes = contents(of: "/proc/\(process)/environ", limit: environmentByteCount) else { return false }
        if bytes.isEmpty { return isInTransition(process) ? nil : false }
        return bytes.split(separator: 0).contains { variable in
            marks.contains { mark in
                mark.last == 0 ? variable.elementsEqual(mark.dropLast()) : variable.starts(with: mark)
            }
        }
    }

    /// Whether a process without an environment is a program that has only begun: neither the kernel's own nor dead.
    private static func isInTransition(_ process: pid_t) -> Bool {
        guard let bytes = contents(of: "/proc/\(process)/stat", limit: 4_096) else { return false }
        // After the name in brackets: state, five numbers, flags (proc(5)).
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 6, let flags = UInt64(fields[6]) else { return false }
        return fields[0] != "Z" && fields[0] != "X" && flags & kernelThreadFlag == 0
    }

    /// The first bytes of a file; nil if it cannot be opened.
    private static func contents(of path: String, limit: Int) -> ArraySlice<UInt8>? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            guard more > 0 else { break }
            count += more
        }
        return bytes[..<count]
    }

    /// `PF_KTHREAD` of Linux.
    private static let kernelThreadFlag: UInt64 = 0x0020_0000
    /// Bytes read of an environment: ours are far shorter.
    private static let environmentByteCount = 131_072
}
