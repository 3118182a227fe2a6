internal import Attestation
internal import Federation
internal import Synchronization

/// A task's folder below a coordinator's.
struct TaskFolder: Sendable {
    let path: String

    init(_ folder: CoordinatorFolder, task: Digest) { path = folder.task(task) }

    /// The scenario that the task was opened from.
    private var scenario: String { "\(path)/scenario.yaml" }
    /// Where the task's data are, for a task that was opened from a task file.
    private var sourceFile: String { "\(path)/source.yaml" }

    /// Held while a source is written: two requests may open the same task at once.
    private static let keeping = Mutex(())

    /// Keeps where the task's data are, durably. May be called from several threads.
    func keep(_ source: String) throws(CoordinatorServerError) {
        try Self.keeping.withLock { _ throws(CoordinatorServerError) in
            try CoordinatorFolder.makeFolder(path)
            let isScenario = (try? ConfigurationSection(text: source))?.has("name") ?? false
            try CoordinatorFolder.write(Array(source.utf8), to: isScenario ? scenario : sourceFile)
        }
    }

    /// What `keep` kept.
    func source() throws(CoordinatorServerError) -> String {
        let isScenario = FolderVault.exists(scenario)
        return String(decoding: try CoordinatorFolder.read(isScenario ? scenario : sourceFile), as: UTF8.self)
    }
}
