package import Attestation
package import Wire

extension CoordinatorConnection {
    /// Lends a connection to `body`, and closes it whatever comes of that.
    ///
    /// - Throws: what `body` throws.
    package static func with<Value: Sendable, Failure: Error>(
        join: JoinString, key: SigningKey, role: WireRole = .participant,
        _ body: (CoordinatorConnection) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let connection = CoordinatorConnection(join: join, key: key, role: role)
        do throws(Failure) {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
