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
            let found = Self.processes().filter { !killed.contains($0) && Self.hasMark(marks, process: $0) }
            if found.isEmpty { return }
            for process in found {
                kill(process, SIGKILL)
                killed.insert(process)
            }
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
    /// environments cannot be read, so they never match.
    private static func hasMark(_ marks: [[UInt8]], process: pid_t) -> Bool {
        let descriptor = open("/proc/\(process)/environ", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: environmentByteCount)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            guard more > 0 else { break }
            count += more
        }
        return bytes[..<count].split(separator: 0).contains { variable in
            marks.contains { mark in
                mark.last == 0 ? variable.elementsEqual(mark.dropLast()) : variable.starts(with: mark)
            }
        }
    }

    /// Bytes read of an environment: ours are far shorter.
    private static let environmentByteCount = 131_072
}
