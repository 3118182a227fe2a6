package import Attestation
internal import Synchronization

/// The invitations of a coordinator, kept in a file that is replaced before a change is acted on.
///
/// Safe to share; a change holds the lock while the file is written.
package final class InvitationBook: Sendable {
    private struct State {
        var invitations: [Digest: Invitation] = [:]
        /// In the order in which they were made.
        var order: [Digest] = []
    }

    /// Why a code does not let a key in.
    package enum Refusal: String, Error, Sendable {
        case unknown = "this invitation is unknown: it was mistyped, or made by another coordinator"
        case usedUp = "this invitation is used up"
        case expired = "this invitation has expired"
    }

    private let path: String
    private let state: Mutex<State>

    /// Reads the book of a folder; a missing file is an empty book.
    ///
    /// - Throws: `CoordinatorServerError` with code `damagedFile` or `fileSystem`.
    package init(folder: CoordinatorFolder) throws(CoordinatorServerError) {
        path = folder.invitations
        state = Mutex(try Self.read(folder))
    }

    /// Invitations that are kept, expired ones included.
    package var count: Int { state.withLock { $0.order.count } }

    /// Reads the file anew, after an operator edited it.
    package func reload(folder: CoordinatorFolder) throws(CoordinatorServerError) {
        let read = try Self.read(folder)
        state.withLock { $0 = read }
    }

    private static func read(_ folder: CoordinatorFolder) throws(CoordinatorServerError) -> State {
        let path = folder.invitations
        var state = State()
        if folder.hasFile(path) {
            let bytes = try CoordinatorFolder.read(path, limit: CoordinatorServerLimits.invitationsByteCount)
            for (index, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n").enumerated() {
                guard let invitation = Invitation(line: line) else {
                    throw CoordinatorServerError(
                        .damagedFile, "\(path) is damaged at line \(index + 1)",
                        hint: "remove the line; its invitation has to be made again")
                }
                state.invitations[invitation.code] = invitation
                state.order.append(invitation.code)
            }
        }
        return state
    }

    /// Makes an invitation and keeps it.
    ///
    /// - Parameters:
    ///   - uses: how many keys may use it; nil for any number.
    ///   - expiresMs: when it ends; nil for never.
    ///   - units: how much the updates of each key that joins with it count, 1 to 8; 0 for the ordinary number.
    ///   - nowMs: the time; expired invitations are dropped.
    /// - Returns: its code: 128 random bits.
    /// - Throws: `CoordinatorServerError`: `badSettings` for units past 8, `limitExceeded`, or the file cannot be
    ///   written.
    package func make(uses: Int?, expiresMs: UInt64?, units: UInt32 = 0, nowMs: UInt64) throws -> String {
        guard Invitation.allowedUnits.contains(units) else {
            throw CoordinatorServerError(.badSettings, "an invitation with \(units) units; a participant has 1 to 8")
        }
        var random = SystemRandomNumberGenerator()
        let code = (0..<2).map { _ in String(random.next() as UInt64, radix: 36) }.joined(separator: "-")
        let invitation = Invitation(
            code: SHA256.hash(Array(code.utf8)), uses: uses, expiresMs: expiresMs, units: units)
        try change { state in
            state.order.removeAll { digest in
                guard let ends = state.invitations[digest]?.expiresMs, ends <= nowMs else { return false }
                state.invitations[digest] = nil
                return true
            }
            guard state.order.count < CoordinatorServerLimits.invitationCount else {
                throw CoordinatorServerError(
                    .limitExceeded, "there are \(state.order.count) invitations that have not expired",
                    hint: "make them expire, or remove lines from \(path) and send SIGHUP")
            }
            state.invitations[invitation.code] = invitation
            state.order.append(invitation.code)
        }
        return code
    }

    /// Lets a key in; the same key may come again with the same code.
    ///
    /// - Returns: the units that the invitation gives, 1 to 8; 0 for the ordinary number.
    /// - Throws: `Refusal`, or `CoordinatorServerError` if the file cannot be written.
    @discardableResult
    package func use(_ code: String, by key: PublicKey, nowMs: UInt64) throws -> UInt32 {
        let digest = SHA256.hash(Array(code.utf8))
        guard code.utf8.count <= CoordinatorServerLimits.invitationByteCount else { throw Refusal.unknown }
        let (units, isNews) = try state.withLock { state throws(Refusal) -> (UInt32, Bool) in
            guard let invitation = state.invitations[digest] else { throw .unknown }
            if invitation.usedBy.contains(key) { return (invitation.units, false) }
            if let ends = invitation.expiresMs, ends <= nowMs { throw .expired }
            if let uses = invitation.uses, invitation.usedBy.count >= uses { throw .usedUp }
            // An open invitation's users need not be counted.
            return (invitation.units, invitation.uses != nil)
        }
        guard isNews else { return units }
        try change { state in
            guard var invitation = state.invitations[digest] else { throw Refusal.unknown }
            if invitation.usedBy.contains(key) { return }
            guard invitation.usedBy.count < invitation.uses ?? CoordinatorServerLimits.invitationUseCount else {
                throw Refusal.usedUp
            }
            invitation.usedBy.append(key)
            state.invitations[digest] = invitation
        }
        return units
    }

    /// Changes the book and writes it, or neither.
    private func change(_ body: (inout State) throws -> Void) throws {
        try state.withLock { state in
            var changed = state
            try body(&changed)
            let text = changed.order.compactMap { changed.invitations[$0]?.line }.joined(separator: "\n") + "\n"
            try CoordinatorFolder.write(Array(text.utf8), to: path, mode: 0o600)
            state = changed
        }
    }
}
