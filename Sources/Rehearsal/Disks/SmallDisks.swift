import Federation
import Foundation
import Simulation
import Tensors
import Training

/// The disks that are full at times: the coordinator's, and one agent's.
struct SmallDisks: Sendable {
    private let schedule: DiskSchedule
    private let coordinator: SmallDisk
    private let agent: SmallDisk

    /// Mounts them where the folders will be.
    init(_ scenario: RehearsedScenario) throws(RehearsalError) {
        let plan = scenario.plan
        schedule = DiskSchedule(
            count: plan.disks, agents: plan.federation.participants.count, seed: plan.seed)
        let number = plan.federation.participants.isEmpty ? 0 : plan.federation.participants[schedule.agent].number
        coordinator = try SmallDisk(
            mountedOn: scenario.coordinatorFolder, byteCount: scenario.coordinatorDiskByteCount)
        agent = try SmallDisk(
            mountedOn: scenario.agentFolder(Int(number)), byteCount: scenario.agentDiskByteCount)
    }

    /// Fills and empties them as the schedule says; stops where the rehearsal is over before the schedule.
    func fill(_ tally: Tally, _ progress: @Sendable (RehearsedScenario.Progress) -> Void) async throws {
        for (place, filling) in schedule.fillings.enumerated() {
            try await Task.sleep(for: .milliseconds(filling.delayMs))
            guard !tally.isOver else { return }
            let disk = filling.isAgents ? agent : coordinator
            let end = ContinuousClock.now + .milliseconds(filling.lastingMs)
            defer { try? disk.empty() }
            repeat {
                // Others give room back meanwhile.
                try disk.fill()
                try await Task.sleep(for: .milliseconds(RehearsalLimits.refillMs))
            } while ContinuousClock.now < end && !tally.isOver
            try disk.empty()
            tally.note {
                if filling.isAgents { $0.agentFillings += 1 } else { $0.coordinatorFillings += 1 }
            }
            let name = filling.isAgents ? "agent" : "coordinator"
            progress(.diskFull(name, ms: filling.lastingMs, number: place + 1, of: schedule.fillings.count))
        }
    }

    /// Puts what is on them into the folders themselves.
    func keep() throws(RehearsalError) {
        try coordinator.keep()
        try agent.keep()
    }
}

extension RehearsedScenario {
    private var blobByteCount: Int {
        4 * plan.federation.scenario.task.architecture.parameterLayout.count + 8_192
    }

    /// Room for everything that a coordinator keeps of the scenario, twice over.
    var coordinatorDiskByteCount: Int {
        let scenario = plan.federation.scenario
        let perRound = (scenario.participantCount + 1) * (blobByteCount + 8_192) + 16_384
        return (16 << 20) + 2 * scenario.task.roundCount * perRound
    }

    /// Room for an agent's models, its open contributions and its receipts, twice over.
    var agentDiskByteCount: Int {
        (4 << 20) + 16 * blobByteCount + 2 * 8_192 * plan.federation.scenario.task.roundCount
    }
}
