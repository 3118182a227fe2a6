package import Attestation
internal import Glibc
internal import Runs

extension CoordinatorFolder {
    /// What `init` decides.
    package struct Plan {
        package var settings: CoordinatorSettings
        /// The operator's own certificate chain and key, PEM; nil to sign one here.
        package var certificate: (chain: [UInt8], privateKey: [UInt8])?
        /// The time, in seconds since the Unix epoch.
        package var nowSeconds: Int64

        package init(
            settings: CoordinatorSettings, certificate: (chain: [UInt8], privateKey: [UInt8])? = nil, nowSeconds: Int64
        ) {
            self.settings = settings
            self.certificate = certificate
            self.nowSeconds = nowSeconds
        }
    }

    /// A new key, and the certificate with its key, PEM.
    struct Identity {
        let key: SigningKey
        let chain: [UInt8]
        let privateKey: [UInt8]
    }

    /// Checks a plan and makes what it asks for in memory; the folder is not touched.
    ///
    /// - Throws: `CoordinatorServerError`: `badSettings` or `badCertificate` for what cannot be used.
    func prepare(_ plan: Plan) throws(CoordinatorServerError) -> Identity {
        _ = try CoordinatorSettings(text: plan.settings.text)
        let identity: (chain: [UInt8], privateKey: [UInt8])
        let signingKey: SigningKey
        do {
            if let own = plan.certificate {
                identity = own
            } else {
                let made = try Self.selfSigned(plan.settings, nowSeconds: plan.nowSeconds)
                identity = (made.certificate, made.privateKey)
            }
            let certificate = try ServerCertificate(certificate: identity.chain, privateKey: identity.privateKey)
            try check(certificate, nowSeconds: plan.nowSeconds)
            signingKey = try SigningKey.generate()
            _ = try NoteVerifier(name: plan.settings.origin, publicKey: signingKey.publicKey)
        } catch let error as AttestationError {
            throw CoordinatorServerError(
                error.code == .invalidNoteKey ? .badSettings : .badCertificate, error.message,
                hint: "check --origin, --name, --certificate and --private-key")
        } catch {
            throw Self.expected(error)
        }
        return Identity(key: signingKey, chain: identity.chain, privateKey: identity.privateKey)
    }

    /// Writes a certificate and its key.
    func write(certificateOf identity: Identity) throws(CoordinatorServerError) {
        try Self.makeFolder("\(path)/tls")
        try Self.write(identity.chain, to: certificate)
        try Self.write(identity.privateKey, to: certificateKey)
    }

    /// Writes a new key.
    func write(key new: SigningKey) throws(CoordinatorServerError) {
        let seed: [UInt8]
        do { seed = try new.seed } catch { throw CoordinatorServerError(.badKey, error.message) }
        try Self.write(Array((Self.hex(seed) + "\n").utf8), to: key)
    }

    /// Writes the settings. This comes last: a folder with settings is a coordinator's.
    func write(settings new: CoordinatorSettings) throws(CoordinatorServerError) {
        try Self.makeFolder(tasks)
        try Self.write(Array(new.text.utf8), to: settings)
    }

    /// Reads the settings.
    package func readSettings() throws(CoordinatorServerError) -> CoordinatorSettings {
        guard access(settings, F_OK) == 0 else {
            guard access(ledger, F_OK) != 0 else {
                throw CoordinatorServerError(
                    .notACoordinator, "\(path) has a ledger, but no coordinator.yaml",
                    hint: """
                        restore coordinator.yaml, or write it anew with `tributary coordinator init --home \(path)`, \
                        which keeps key and ledger
                        """)
            }
            throw CoordinatorServerError(
                .notACoordinator, "there is no coordinator in \(path)",
                hint: "make one with `tributary coordinator init --home \(path)`, or name its folder with --home")
        }
        let bytes = try Self.read(settings)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CoordinatorServerError(.badSettings, "coordinator.yaml is not UTF-8 text")
        }
        return try CoordinatorSettings(text: text)
    }

    /// Reads the coordinator's key, which must be the owner's alone.
    package func readKey() throws(CoordinatorServerError) -> SigningKey {
        var status = stat()
        guard stat(key, &status) == 0 else {
            throw CoordinatorServerError(
                .badKey, "the coordinator's key \(key) cannot be read: \(Self.reason(errno))",
                hint: "restore it from your backup; without it the log cannot go on")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CoordinatorServerError(
                .badKey, "others may read the coordinator's key \(key)", hint: "chmod 600 \(key)")
        }
        let text = String(decoding: try Self.read(key), as: UTF8.self)
        do {
            return try SigningKey(seed: Digest(hex: text.filter { !$0.isWhitespace }).bytes)
        } catch {
            throw CoordinatorServerError(
                .badKey, "the coordinator's key \(key) is damaged", hint: "restore it from your backup")
        }
    }

    /// Keeps other users of the machine out of the folder: out of what is made from now on, and out of what is there.
    ///
    /// - Throws: `CoordinatorServerError` with code `fileSystem`.
    package func keepPrivate() throws(CoordinatorServerError) {
        PrivateFiles.begin()
        var refusal = PrivateFiles.restrict(path, isDeep: false)
        let others = [settings, key, "\(path)/tls", checkpoint, tasks, invitations, bans, lock, address, processID]
        for item in ledgerFiles + others { refusal = refusal ?? PrivateFiles.restrict(item) }
        guard let refusal else { return }
        throw CoordinatorServerError(
            .fileSystem, refusal, hint: "let the user that runs the coordinator own \(path) and all that is in it")
    }

    /// Takes the folder for this process until the lock is let go or the process ends.
    ///
    /// - Throws: `CoordinatorServerError` with code `locked` where another process has it.
    package func takeLock() throws(CoordinatorServerError) -> FolderLock { try FolderLock(path: lock, folder: path) }

    /// The address of the coordinator that runs here, or nil.
    package func runningAddress() throws(CoordinatorServerError) -> String? {
        guard access(address, F_OK) == 0 else { return nil }
        let text = String(decoding: try Self.read(address), as: UTF8.self).filter { !$0.isWhitespace }
        return text.isEmpty ? nil : text
    }

    /// The ledger's file, and those that SQLite puts beside it.
    var ledgerFiles: [String] { ["", "-wal", "-shm", "-journal"].map { ledger + $0 } }

    /// Whether the ledger's file has no table yet: a call that made it was interrupted. A page has 4,096 bytes, and a
    /// table needs a second one.
    var hasEmptyLedger: Bool { Self.size(of: ledger) <= 4_096 && Self.size(of: ledger + "-wal") == 0 }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Gives the key's file another name, where there is one.
    func moveKeyAside() throws(CoordinatorServerError) {
        var number = 1
        while hasFile("\(key).old-\(number)") { number += 1 }
        guard rename(key, "\(key).old-\(number)") == 0 || errno == ENOENT else {
            throw CoordinatorServerError(.fileSystem, "cannot rename \(key): \(Self.reason(errno))")
        }
    }

    /// Whether a file is there.
    func hasFile(_ path: String) -> Bool { access(path, F_OK) == 0 }

    // Files, with this module's errors.

    static func read(
        _ path: String, limit: Int = CoordinatorServerLimits.smallFileByteCount
    ) throws(CoordinatorServerError) -> [UInt8] {
        do { return try DurableFile.read(path, limit: limit) } catch { throw CoordinatorServerError(error) }
    }

    static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(CoordinatorServerError) {
        do { try DurableFile.write(bytes, to: path, mode: mode) } catch { throw CoordinatorServerError(error) }
    }

    static func makeFolder(_ path: String) throws(CoordinatorServerError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw CoordinatorServerError(
            errno == ENOSPC ? .diskFull : .fileSystem, "cannot make the folder \(path): \(reason(errno))")
    }

    static func remove(_ path: String) { unlink(path) }

    static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

    private static func hex(_ bytes: [UInt8]) -> String { (try? Digest(bytes: bytes))?.hex ?? "" }

    /// Every error inside a `do` above is one of two kinds; the second is thrown on as it is.
    private static func expected(_ error: any Error) -> CoordinatorServerError {
        error as? CoordinatorServerError ?? CoordinatorServerError(.fileSystem, "\(error)")
    }
}

extension CoordinatorServerError {
    init(_ error: RunError) {
        let code: Code =
            switch error.code {
            case .diskFull: .diskFull
            case .tooLarge: .limitExceeded
            default: .fileSystem
            }
        self.init(code, error.message)
    }
}
