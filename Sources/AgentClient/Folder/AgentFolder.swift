package import Attestation
internal import FoundationEssentials
internal import Ledger
package import Wire

/// The folder that an agent lives in; whoever has it can be that participant.
///
/// | file | what is lost with it | what somebody who changes it can do |
/// | --- | --- | --- |
/// | `key` | the identity and the tokens on it | be the participant |
/// | `join` | nothing: paste the join string again | send the agent to another coordinator |
/// | `consent.yaml`, `agent.yaml` | what the participant chose | make the agent work for others, or on other data |
/// | `updates/` | an update that the coordinator asks for again | nothing: what is sent is signed |
/// | `receipts/` | nothing while the coordinator has its ledger | nothing: they are checked when read |
/// | `state.json`, `models/`, `tasks/` | nothing | make `status` say something wrong |
///
/// Every file appears by a rename, what must survive a power cut after a flush. `agent.lock` keeps a second agent out.
package struct AgentFolder: Sendable {
    /// The folder's path.
    package let path: String
    let steps: FolderSteps

    /// A folder that may be there or not; nothing is touched.
    package init(path: String, steps: FolderSteps = .unwatched) {
        self.path = path
        self.steps = steps
    }

    /// Where an agent lives that was told nothing else: `~/.local/share/tributary/agent`, or under `XDG_DATA_HOME`.
    package static func defaultPath(environment: [String: String]) -> String {
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return "\(data)/tributary/agent" }
        return "\(environment["HOME"] ?? "/var/lib/tributary")/.local/share/tributary/agent"
    }

    package var keyPath: String { "\(path)/key" }
    package var joinPath: String { "\(path)/join" }
    package var consentPath: String { "\(path)/consent.yaml" }
    package var settingsPath: String { "\(path)/agent.yaml" }
    package var statePath: String { "\(path)/state.json" }
    package var modelsPath: String { "\(path)/models" }
    package var tasksPath: String { "\(path)/tasks" }
    package var updatesPath: String { "\(path)/updates" }
    package var receiptsPath: String { "\(path)/receipts" }
    package var workPath: String { "\(path)/work" }

    /// Makes what is missing of the folder, keeps other agents out, and sweeps up what a crash left.
    ///
    /// - Returns: to be kept as long as the agent works in the folder.
    /// - Throws: `AgentError` with code `folderBusy`, `folderUnusable` or `diskFull`.
    package func open() throws(AgentError) -> AgentLock {
        try AgentFile.makeFolder(path)
        let lock = try AgentLock(path: "\(path)/agent.lock")
        try keepPrivate()
        for folder in [modelsPath, tasksPath, updatesPath, receiptsPath] { try AgentFile.makeFolder(folder) }
        // A model's `.part` is worth keeping: its download goes on from there.
        for folder in [path, tasksPath, updatesPath, receiptsPath] {
            for name in try AgentFile.names(in: folder) where name.hasSuffix(AgentFile.partialSuffix) {
                try AgentFile.remove("\(folder)/\(name)")
            }
        }
        try AgentFile.remove(workPath)
        return lock
    }

    /// Keeps other users of the machine out of what is there and of what this process makes from now on.
    private func keepPrivate() throws(AgentError) {
        PrivateFiles.begin()
        var refusal = PrivateFiles.restrict(path, isDeep: false)
        for item in [
            keyPath, joinPath, consentPath, settingsPath, statePath, modelsPath, tasksPath, updatesPath, receiptsPath,
            workPath, "\(path)/agent.lock",
        ] {
            refusal = refusal ?? PrivateFiles.restrict(item)
        }
        guard let refusal else { return }
        throw AgentError(
            .folderUnusable, refusal, hint: "let the user that runs the agent own \(path) and all that is in it")
    }

    /// Whether an agent works in the folder now.
    package var isBusy: Bool {
        guard (try? AgentFile.names(in: path))?.contains("agent.lock") == true else { return false }
        do {
            _ = try AgentLock(path: "\(path)/agent.lock")
            return false
        } catch {
            return error.code == .folderBusy
        }
    }

    /// The agent's key, or nil before there is one.
    ///
    /// - Throws: `AgentError` with code `folderDamaged` if the file holds no key.
    package func key() throws(AgentError) -> SigningKey? {
        guard let bytes = try AgentFile.read(keyPath, limit: AgentLimits.smallFileByteCount) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmingSuffix(while: \.isWhitespace)
        guard let digest = try? Digest(hex: String(text)), let key = try? SigningKey(seed: digest.bytes) else {
            throw AgentError(
                .folderDamaged, "\(keyPath) does not hold a key: 64 hexadecimal digits",
                hint: "bring back your copy of it; without it this participant is gone")
        }
        return key
    }

    /// What a joined agent runs with.
    ///
    /// - Throws: `AgentError` with code `notJoined`, or `folderDamaged` if the key is gone.
    package func joined() throws(AgentError) -> (join: JoinString, key: SigningKey) {
        guard let join = try joinString() else {
            throw AgentError(
                .notJoined, "\(path) has not joined a coordinator",
                hint: "run `\(command("join"))` with the operator's join string first")
        }
        guard let key = try key() else { throw keyIsGone }
        return (join, key)
    }

    private var keyIsGone: AgentError {
        AgentError(
            .folderDamaged, "\(keyPath) is missing, and this folder has joined a coordinator",
            hint: "bring back your copy of it: a new key is another participant; join with one in another folder")
    }

    /// The agent's key; makes and keeps a new one where there is none, unless the folder has joined already.
    ///
    /// - Throws: `AgentError` with code `folderDamaged` if the key of a joined agent is gone.
    package func keyMadeIfMissing() throws(AgentError) -> SigningKey {
        if let key = try key() { return key }
        if try joinString() != nil { throw keyIsGone }
        do {
            let key = try SigningKey.generate()
            let text = try Digest(bytes: key.seed).hex + "\n"
            try AgentFile.replace(keyPath, with: Array(text.utf8), steps: steps)
            return key
        } catch let error as AgentError {
            throw error
        } catch {
            throw AgentError(.underlying, "a key could not be made: \(error)")
        }
    }

    /// The join string that the folder was made with, or nil.
    ///
    /// - Throws: `AgentError` with code `folderDamaged` if the file holds none.
    package func joinString() throws(AgentError) -> JoinString? {
        guard let bytes = try AgentFile.read(joinPath, limit: AgentLimits.smallFileByteCount) else { return nil }
        do {
            return try JoinString(parsing: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw AgentError(
                .folderDamaged, "\(joinPath): \(error.message)", hint: "run `tributary agent join` with it again")
        }
    }

    package func write(joinString: JoinString) throws(AgentError) {
        try AgentFile.replace(joinPath, with: Array((joinString.text + "\n").utf8), steps: steps)
    }

    /// The text of a file that people may edit, or nil where there is none.
    package func text(at path: String) throws(AgentError) -> String? {
        guard let bytes = try AgentFile.read(path, limit: AgentLimits.smallFileByteCount) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AgentError(.invalidSettings, "\(path) is not UTF-8 text", hint: "correct the file, or remove it")
        }
        return text
    }

    /// What the participant agreed to.
    ///
    /// - Throws: `AgentError` with code `consentMissing` where there is no file, as that is no consent to everything,
    ///   and `invalidSettings` for one that cannot be read.
    package func consent() throws(AgentError) -> Consent {
        guard let text = try text(at: consentPath) else {
            throw AgentError(
                .consentMissing, "\(consentPath) is missing: it says which tasks this machine takes part in",
                hint: """
                    write it again with `\(command("join \"$(cat \(Self.shellWord(joinPath)))\""))`, which changes \
                    nothing else and needs no new invitation
                    """)
        }
        return try Consent(text: text)
    }

    /// Replaces the text of a file that people may edit.
    package func write(text: String, to path: String) throws(AgentError) {
        try AgentFile.replace(path, with: Array(text.utf8), steps: steps)
    }

    /// The agent's notes; empty ones where they are missing or unreadable.
    package func state() -> AgentState {
        let bytes = (try? AgentFile.read(statePath, limit: AgentLimits.smallFileByteCount)) ?? nil
        return bytes.flatMap { AgentState(decoding: $0) } ?? AgentState()
    }

    /// Keeps the agent's notes; not flushed, as nothing is lost with them.
    package func write(state: AgentState) throws(AgentError) {
        try AgentFile.replace(statePath, with: state.encoded, isDurable: false, steps: steps)
    }

    /// A task file that was kept, if its bytes still are the task's.
    package func taskText(_ id: Digest) -> [UInt8]? {
        let bytes = (try? AgentFile.read("\(tasksPath)/\(id).yaml", limit: AgentLimits.taskByteCount)) ?? nil
        return bytes.flatMap { SHA256.hash($0) == id ? $0 : nil }
    }

    package func write(taskText bytes: [UInt8], id: Digest) throws(AgentError) {
        try AgentFile.replace("\(tasksPath)/\(id).yaml", with: bytes, isDurable: false, steps: steps)
    }

    /// Keeps a receipt that was checked.
    package func write(receipt bytes: [UInt8], sequence: UInt64) throws(AgentError) {
        try AgentFile.replace("\(receiptsPath)/\(sequence).tlog-proof", with: bytes, steps: steps)
    }

    /// The entries whose receipts are there, ascending.
    package func receiptSequences() throws(AgentError) -> [UInt64] {
        let suffix = ".tlog-proof"
        return try AgentFile.names(in: receiptsPath)
            .compactMap { $0.hasSuffix(suffix) ? UInt64($0.dropLast(suffix.count)) : nil }.sorted()
    }

    /// An empty folder for one training job.
    package func makeJobFolder(task: Digest, round: UInt32) throws(AgentError) -> String {
        let folder = "\(workPath)/\(task)-\(round)"
        try AgentFile.remove(folder)
        try AgentFile.makeFolder(folder)
        return folder
    }

    package func remove(_ path: String) throws(AgentError) {
        try AgentFile.remove(path)
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
