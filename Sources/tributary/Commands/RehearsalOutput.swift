import Attestation
import Foundation
import Rehearsal
import Runs

/// What `rehearse --json` prints.
struct RehearsalOutput: Encodable {
    let rounds: Int
    let model: String
    let simulatedModel: String
    let accuracy: Double
    let entries: UInt64
    let root: String
    let seed: UInt64
    let killsAsked: Int
    let linksAsked: Int
    let disksAsked: Int
    /// Why no disk was filled though that was asked for.
    let disksUnfilled: String?
    let coordinatorKills: Int
    let agentKills: Int
    let linkFaults: [String: Int]
    let coordinatorFillings: Int
    let agentFillings: Int
    let coordinatorRestarts: Int
    let agentRestarts: Int
    let receipts: Int
    let seconds: Double
    let coordinator: String
    let participants: [ParticipantSummary]
    let faults: [String]

    enum CodingKeys: String, CodingKey {
        case rounds, model, accuracy, entries, root, receipts, seed, seconds, coordinator, participants, faults
        case killsAsked = "kills_asked"
        case linksAsked = "links_asked"
        case disksAsked = "disks_asked"
        case disksUnfilled = "disks_unfilled"
        case simulatedModel = "simulated_model"
        case coordinatorKills = "coordinator_kills"
        case agentKills = "agent_kills"
        case linkFaults = "link_faults"
        case coordinatorFillings = "coordinator_fillings"
        case agentFillings = "agent_fillings"
        case coordinatorRestarts = "coordinator_restarts"
        case agentRestarts = "agent_restarts"
    }

    init(_ report: RehearsalReport, asked: RehearsalFigures.Asked, folder: String) {
        seed = asked.seed
        killsAsked = asked.kills.kills.count
        linksAsked = asked.links
        disksAsked = asked.disks
        disksUnfilled = asked.unfilled
        rounds = report.rounds
        model = report.model.hex
        simulatedModel = report.simulatedModel.hex
        accuracy = Double(report.accuracyPpm) / 1e6
        entries = report.entryCount
        root = report.ledgerRoot.hex
        let disturbance = report.disturbance
        coordinatorKills = disturbance.coordinatorKills
        agentKills = disturbance.agentKills
        linkFaults = disturbance.links.struck
        coordinatorFillings = disturbance.coordinatorFillings
        agentFillings = disturbance.agentFillings
        coordinatorRestarts = disturbance.coordinatorRestarts
        agentRestarts = disturbance.agentRestarts
        receipts = report.receiptCount
        seconds = report.seconds
        coordinator = folder
        participants = report.participants
        faults = report.faults
    }
}
