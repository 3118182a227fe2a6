import AgentClient
import ArgumentParser
import Attestation
import Foundation
import Ledger
import Wire

/// `tributary agent leave`: no invitations any more.
struct AgentLeave: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Tell the coordinator that this agent takes part no more.",
        discussion: """
            The key, the receipts and the tokens stay where they are: `agent run` takes part again. An agent that runs in
            the folder has to be stopped first.

            EXAMPLES
              tributary agent leave
              tributary agent leave --home ./agent-1
            """)

    @OptionGroup var home: AgentHomeOption
    @OptionGroup var output: OutputOptions

    struct Answer: Encodable {
        let did: String
        let folder: String
        let receipts: Int
    }

    func run() throws {
        let folder = home.folder
        guard let join = try folder.joinString(), let key = try folder.key() else {
            throw AgentError(
                .notJoined, "\(folder.path) has not joined a coordinator", hint: "there is nothing to leave")
        }
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        try InterruptibleWork.run {
            let patience = Patience(trialCount: 3)
            try await CoordinatorConnection.with(join: join, key: key) { (connection) async throws(AgentError) in
                _ = try await patience { () async throws(AgentError) in try await connection.information() }
                try await patience { () async throws(AgentError) in try await connection.leave() }
            }
        }
        var state = folder.state()
        state.activity = "left"
        state.activityMs = Machine.nowMs
        try folder.write(state: state)
        let receipts = try folder.receiptSequences().count
        if output.json {
            return try Envelope.print(
                command: "agent leave", Answer(did: key.publicKey.did, folder: folder.path, receipts: receipts))
        }
        let kept = receipts == 1 ? "1 receipt" : "\(receipts) receipts"
        Terminal.line("left     \(join.verifier.name); \(kept) and the key stay in \(folder.path)")
        Terminal.line("next     \(folder.command("run")) takes part again")
    }
}
