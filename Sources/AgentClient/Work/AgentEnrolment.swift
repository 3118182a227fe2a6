internal import Attestation
internal import FoundationEssentials
package import Ledger
package import Wire

/// Makes a folder an agent of a coordinator: checks what the join string pins, and registers the key.
package struct AgentEnrolment: Sendable {
    /// What joining gave.
    package struct Outcome: Sendable {
        /// The participant's public name.
        package let did: String
        package let participant: ParticipantNumber
        /// The ledger entry that registers the key.
        package let registration: UInt64
        package let origin: String
        package let openTaskCount: Int
        /// What the ledger calls the participant: a label is registered once, with the key.
        package var label = ""
        /// Why agent.yaml does not have the data that were given; nil where it has.
        package var dataObjection: String?
        /// Seconds by which this machine's clock is ahead of the coordinator's, where that is worth saying.
        package let clockAheadSeconds: Int64?
    }

    private let folder: AgentFolder
    private let join: JoinString

    package init(folder: AgentFolder, join: JoinString) {
        self.folder = folder
        self.join = join
    }

    /// Joins, or does again what was cut off; a folder that has joined the same coordinator gets the same answer.
    ///
    /// - Parameters:
    ///   - label: for people, up to 64 printable characters.
    ///   - data: what to train on, for the settings file.
    ///   - schema: of that data, for the first consent file.
    /// - Throws: `AgentError`: `joinedElsewhere`, `wrongCertificate`, `wrongLogKey`, `refused`, and those of the
    ///   network and the folder.
    package func run(label: String, data: String?, schema: Consent.Schema?) async throws(AgentError) -> Outcome {
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        if let known = try folder.joinString(), known.verifier != join.verifier {
            throw AgentError(
                .joinedElsewhere, "\(folder.path) belongs to the coordinator \(known.verifier.name)",
                hint: "choose another folder with --home; each coordinator gets a key of its own")
        }
        let key = try folder.keyMadeIfMissing()
        let isFirst = folder.state().registration == nil
        var outcome = try await CoordinatorConnection.with(join: join, key: key) {
            (connection) async throws(AgentError) in
            let outcome = try await register(key, over: connection, label: label)
            // Not at work yet: no round is to wait for it before `run` asks for one.
            if isFirst { try? await connection.leave() }
            return outcome
        }
        if try folder.text(at: folder.consentPath) == nil {
            try folder.write(text: Consent(schema: schema).text, to: folder.consentPath)
        }
        if try folder.text(at: folder.settingsPath) == nil {
            try folder.write(text: AgentSettings.firstText(data: data), to: folder.settingsPath)
        } else if let data {
            do throws(AgentError) { try note(data: data) } catch { outcome.dataObjection = error.message }
        }
        // Last: a folder that `run` takes to have joined has a consent file, wherever this was cut off.
        try folder.write(joinString: join)
        var state = folder.state()
        if state.registration != outcome.registration { state.label = label }
        state.participant = outcome.participant
        state.registration = outcome.registration
        try folder.write(state: state)
        outcome.label = state.label
        return outcome
    }

    /// Writes other data into a settings file that is there already.
    private func note(data: String) throws(AgentError) {
        let old = try folder.text(at: folder.settingsPath) ?? ""
        let new = try AgentSettings.text(old, withData: data)
        guard new != old else { return }
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder.settingsPath) {
            // A package's configuration, say: replacing the link would take it out of use behind its owner's back.
            throw AgentError(.invalidSettings, "\(folder.settingsPath) is a link to \(target)")
        }
        try folder.write(text: new, to: folder.settingsPath)
    }

    private func register(
        _ key: SigningKey, over connection: CoordinatorConnection, label: String
    ) async throws(AgentError) -> Outcome {
        let patience = Patience(trialCount: 3)
        let information = try await patience { () async throws(AgentError) in try await connection.information() }
        var request = WireRegistrationRequest()
        request.label = label
        request.invitation = join.invitation
        let asked = request
        let registration = try await patience { () async throws(AgentError) in try await connection.register(asked) }
        let difference = Int64(clamping: Machine.nowMs) - Int64(clamping: information.nowMs)
        return Outcome(
            did: key.publicKey.did, participant: registration.participant, registration: registration.sequence,
            origin: information.origin, openTaskCount: information.openTasks.count,
            clockAheadSeconds: difference.magnitude > AgentLimits.clockDifferenceMs ? difference / 1_000 : nil)
    }
}
