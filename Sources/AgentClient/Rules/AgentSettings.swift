package import Federation
internal import Training

/// How an agent uses its machine: the file `agent.yaml` in its folder. Flags of the command line go before it.
package struct AgentSettings: Equatable, Sendable {
    /// Data set to train on: a folder, a file, or "digits".
    package var data: String?
    /// Command of an external trainer, or nil for the built-in one.
    package var trainer: String?
    /// Threads to train and digest with.
    package var threads: Int
    /// Memory of a trainer, in megabytes; tasks that need more are declined. Nil for no tasks declined, and the bound
    /// of `TrainerLimits` for each process of a trainer's program.
    package var memoryMB: Int?
    /// Longest time that a trainer's program may take for a round, in minutes; nil for the bound of `TrainerLimits`.
    package var trainerMinutes: Int?
    /// Largest file that a trainer's program may write, in megabytes; nil for the bound of `TrainerLimits`.
    package var trainerFileMB: Int?
    /// To the coordinator, in megabits a second; nil for no limit.
    package var uplinkMbps: Double?
    /// From the coordinator, in megabits a second; nil for no limit.
    package var downlinkMbps: Double?
    /// When it may train; nil for always.
    package var hours: DailyWindow?
    package var power: PowerRule
    /// Niceness of the process while it works.
    package var nice: Int

    private static let niceness = 0...19

    /// - Parameter threads: what the machine has.
    package init(threads: Int) {
        self.threads = min(max(1, threads), AgentLimits.threadCount.upperBound)
        power = .any
        nice = 0
    }

    /// Reads the file.
    ///
    /// - Throws: `AgentError` with code `invalidSettings`, naming the key and line.
    package init(text: String, threads: Int) throws(AgentError) {
        self.init(threads: threads)
        // A file of comments alone is no mapping, and says nothing.
        let hasKeys = text.split(whereSeparator: \.isNewline).contains { line in
            line.first { !$0.isWhitespace }.map { $0 != "#" } ?? false
        }
        guard hasKeys else { return }
        do {
            try read(ConfigurationSection(text: text))
        } catch {
            throw AgentError(.invalidSettings, "agent.yaml: \(error.message)", hint: error.hint)
        }
    }

    private mutating func read(_ root: ConfigurationSection) throws(FederationError) {
        try root.expectOnly(
            [
                "data", "trainer", "trainer_minutes", "trainer_file_mb", "threads", "memory_mb", "bandwidth_mbps",
                "hours", "power", "nice",
            ],
            elsewhere: ["bandwidth_mbps.up", "bandwidth_mbps.down"])
        data = try root.string("data")
        trainer = try root.string("trainer")
        threads = try root.integer("threads", in: AgentLimits.threadCount) ?? threads
        memoryMB = try root.integer("memory_mb", in: AgentLimits.memoryMB)
        trainerMinutes = try root.integer("trainer_minutes", in: AgentLimits.trainerMinutes)
        trainerFileMB = try root.integer("trainer_file_mb", in: AgentLimits.trainerFileMB)
        if let section = try root.section("bandwidth_mbps") {
            try section.expectOnly(["up", "down"])
            uplinkMbps = try section.number("up", in: AgentLimits.bandwidthMbps)
            downlinkMbps = try section.number("down", in: AgentLimits.bandwidthMbps)
        }
        if let text = try root.string("hours") {
            guard let window = DailyWindow(text) else {
                throw root.wrong("hours", "two times of day such as \"22:00-06:00\", not \"\(text)\"")
            }
            hours = window
        }
        if let text = try root.string("power") {
            guard let rule = PowerRule(text) else {
                throw root.wrong("power", "any, ac or battery_above_N with N from 0 to 99, not \"\(text)\"")
            }
            power = rule
        }
        nice = try root.integer("nice", in: Self.niceness) ?? nice
    }

    /// A first file, with a word on every key.
    ///
    /// - Parameter data: what `join` was told to train on.
    package static func firstText(data: String?) -> String {
        """
        # How this agent uses its machine. Remove the # before a line to set it.

        # What to train on: a folder, a file, or digits (the data set that is compiled in).
        \(data.map { "data: \(ConfigurationSection.quoted($0))" } ?? "# data: /srv/mydata")
        # A program that trains, in place of the built-in trainer.
        # trainer: "python3 /opt/train.py"
        # How long that program may take for a round, and how large a file it may write.
        # trainer_minutes: 60
        # trainer_file_mb: 8000
        # threads: 2
        # Memory of a trainer (of each process of a program); tasks that need more are declined.
        # memory_mb: 2000
        # bandwidth_mbps: { up: 5, down: 20 }
        # When it may train, in local time.
        # hours: "22:00-06:00"
        # any, ac, or battery_above_40
        # power: ac
        # nice: 10

        """
    }

    /// The bounds on a trainer's program: those that the file sets, and the standing ones where it says nothing.
    package var trainerLimits: TrainerLimits {
        var limits = TrainerLimits(threadCount: threads)
        if let trainerMinutes { limits.wallSeconds = trainerMinutes * 60 }
        if let memoryMB { limits.memoryByteCount = UInt64(memoryMB) * 1_000_000 }
        if let trainerFileMB { limits.fileByteCount = UInt64(trainerFileMB) * 1_000_000 }
        return limits
    }

    /// The memory that a round of a task takes with the built-in trainer, in bytes: the model, the update, and the
    /// trainer's weights, gradients, velocities and anchors.
    package static func memoryByteCount(for task: TaskConfiguration) -> Int {
        6 * ParameterBlob(layout: task.architecture.parameterLayout).byteCount
    }

    /// Why a task is too large for this machine, as the end of a sentence; nil where it is not.
    package func objection(to task: TaskConfiguration) -> String? {
        let needed = Self.memoryByteCount(for: task) / 1_000_000
        guard let memoryMB, needed > memoryMB else { return nil }
        return "it needs about \(needed) MB of memory, more than the \(memoryMB) MB of memory_mb in agent.yaml"
    }
}
