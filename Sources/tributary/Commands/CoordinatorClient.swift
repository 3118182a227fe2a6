import AgentClient
import Attestation
import CoordinatorServer
import Foundation
import Wire

/// A coordinator of this machine, as its operator: over HTTPS while it runs, by its files while it does not.
struct CoordinatorClient {
    let folder: CoordinatorFolder
    let settings: CoordinatorSettings
    let certificate: ServerCertificate
    let key: SigningKey
    let verifier: NoteVerifier

    init(_ folder: CoordinatorFolder) throws {
        self.folder = folder
        settings = try folder.readSettings()
        key = try folder.readKey()
        certificate = try folder.readCertificate(nowSeconds: Int64(Date().timeIntervalSince1970)).certificate
        verifier = try NoteVerifier(name: settings.origin, publicKey: key.publicKey)
    }

    /// A lock on the folder; nil where a coordinator runs in it.
    func lockIfIdle() throws -> FolderLock? {
        do {
            return try folder.takeLock()
        } catch {
            guard error == CoordinatorServerError(.locked, "") else { throw error }
            return nil
        }
    }

    /// What participants paste.
    func joinString(invitation: String) throws -> JoinString {
        guard let port = try place()?.port else {
            throw CoordinatorServerError(
                .badSettings, "the port is chosen when the coordinator starts",
                hint: "start it with `tributary coordinator run --home \(folder.path)`, then ask again")
        }
        return JoinString(
            host: settings.names[0], port: port, certificate: certificate.fingerprint, verifier: verifier,
            invitation: invitation)
    }

    /// Does something with the running coordinator, as its operator.
    ///
    /// - Throws: `AgentError` with code `unreachable` where none runs.
    func ask<Value: Sendable>(
        _ body: @escaping @Sendable (CoordinatorConnection) async throws -> Value
    ) throws -> Value {
        let idle = try lockIfIdle()
        guard idle == nil, let place = try place() else {
            throw CommandFailureError(
                failure: CommandFailure(
                    code: "notRunning", .unavailable, "no coordinator runs in \(folder.path)",
                    hint: "start it with `tributary coordinator run --home \(folder.path)`"))
        }
        let local = JoinString(
            host: place.host, port: place.port, certificate: certificate.fingerprint, verifier: verifier,
            invitation: "")
        return try InterruptibleWork.run { [key] in
            try await CoordinatorConnection.with(join: local, key: key, role: .operator) { connection in
                try await Self.signIn(connection)
                return try await body(connection)
            }
        }
    }

    /// Opens the session. While others use up this address's requests it is tried again: once it is open, they take
    /// nothing from it.
    private static func signIn(_ connection: CoordinatorConnection) async throws {
        for _ in 0..<signInTrials {
            do throws(AgentError) {
                _ = try await connection.session()
                return
            } catch {
                guard error.isProblem(.rateLimited) else { throw error }
                try await Task.sleep(for: .milliseconds(min(error.retryAfterMs ?? 50, 1_000)))
            }
        }
    }

    private static let signInTrials = 100

    /// Where it listens, seen from this machine; nil where that is decided when it starts.
    private func place() throws -> (host: String, port: Int)? {
        var host = settings.host
        var port = settings.port
        if let text = try folder.runningAddress(), let address = ListenAddress(argument: text) {
            (host, port) = (address.host, address.port)
        }
        guard port != 0 else { return nil }
        switch host {
        case "0.0.0.0": host = "127.0.0.1"
        case "::": host = "::1"
        default: break
        }
        return (host, port)
    }
}
