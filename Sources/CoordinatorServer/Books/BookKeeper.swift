internal import Attestation
internal import Federation
internal import Ledger
internal import Logging
internal import Runs

/// Writes the books of all tasks from the ledger's entries, those of the past included.
actor BookKeeper {
    private let host: CoordinatorHost
    private let folder: CoordinatorFolder
    private let logger: Logger
    private var people = BookPeople()
    private var histories: [Digest: TaskHistory] = [:]
    private var books: [Digest: TaskBook] = [:]
    private var next: UInt64 = 0
    /// Books that could not be written; they wait for `retryAt`.
    private var broken: Set<Digest> = []
    /// When all books are tried again from the first entry, as after a restart: what they have is not written twice.
    private var retryAt: ContinuousClock.Instant?
    private var retryWait = CoordinatorServerLimits.bookRetry
    private var underway = 0

    init(host: CoordinatorHost, folder: CoordinatorFolder, logger: Logger) {
        self.host = host
        self.folder = folder
        self.logger = logger
    }

    /// Writes what is new each time something changed, until the changes end.
    func run(_ changes: AsyncStream<Void>) async {
        await catchUp()
        for await _ in changes { await catchUp() }
    }

    /// Writes everything that is on the ledger now.
    ///
    /// - Parameter isLast: whether books that could not be written are tried again at once.
    func catchUp(isLast: Bool = false) async {
        if let retryAt, underway == 0, isLast || ContinuousClock.now >= retryAt { startAnew() }
        underway += 1
        defer { underway -= 1 }
        while true {
            guard
                let page = try? await host.entries(from: next, count: CoordinatorServerLimits.bookPageCount),
                !page.entries.isEmpty
            else { return }
            for bytes in page.entries {
                guard let entry = try? EncodedEntry(decoding: bytes).entry, entry.sequence == next else { return }
                await take(entry)
                next += 1
            }
        }
    }

    private func startAnew() {
        logger.notice("the books that could not be written are tried again")
        (people, histories, books, next, broken) = (BookPeople(), [:], [:], 0, [])
        retryAt = nil
        retryWait = min(retryWait * 2, CoordinatorServerLimits.longestBookRetry)
    }

    private func take(_ entry: Entry) async {
        people.take(entry.body)
        if case .taskOpened(let opened) = entry.body {
            let text = String(decoding: opened.configuration, as: UTF8.self)
            guard let configuration = try? TaskConfiguration(text: text) else { return }
            histories[opened.task] = TaskHistory(opened, configuration: configuration, timeMs: entry.timeMs)
        }
        guard let task = BookEvent.task(of: entry.body), var history = histories[task] else { return }
        histories[task] = nil
        let ended = history.take(entry, people: people)
        if !broken.contains(task) {
            do {
                try await write(entry, history, ended)
            } catch {
                broken.insert(task)
                retryAt = .now + retryWait
                logger.error(
                    "the books of task \(history.configuration.name) cannot be written; the ledger has everything",
                    metadata: ["error": "\(error)"])
            }
        }
        if history.closed == nil { histories[task] = history } else { books[task] = nil }
    }

    private func write(_ entry: Entry, _ history: TaskHistory, _ ended: RoundSummary?) async throws {
        let task = history.opened.task
        var book = try books.removeValue(forKey: task) ?? TaskBook(path: folder.task(task))
        if let ended { try book.append(ended) }
        if let (_, event) = BookEvent.of(entry, people: people) { try book.append(event, entry: entry.sequence) }
        books[task] = book
        guard let closed = history.closed else { return }
        let checkpoint = try Checkpoint(text: SignedNote(parsing: await host.checkpoint()).text)
        let summary = history.summary(
            people: people, ledgerRoot: checkpoint.root.hex, entryCount: checkpoint.size, closedMs: entry.timeMs)
        try book.finish(summary, model: closed.model, signer: host.parts.signer)
    }
}
