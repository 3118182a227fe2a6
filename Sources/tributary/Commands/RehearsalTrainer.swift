import AgentClient
import Dispatch
import Federation
import Foundation
import Simulation
import Tensors
import Training

/// Does in a real agent what a participant of a scenario does in `tributary simulate`, free riders and drop-outs
/// included: the same rows, the same seeds, and so the same model.
///
/// The scenario's participants are numbered as the ledger numbers them: agents have to register in that order.
struct RehearsalTrainer: AgentTrainer {
    private let federation: PreparedFederation
    private let participant: Int?

    /// - Throws: what reading the scenario and its data throws; `AgentError` with code `unusableData` for a participant
    ///   that the scenario does not have.
    init(scenario path: String, dataPath: String?, participant: Int?) throws {
        let text = try ScenarioFile.read(path)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        federation = try PreparedFederation.load(text: text, folder: folder, dataPath: dataPath)
        self.participant = participant
        if let participant { _ = try Self.member(participant, of: federation) }
    }

    /// Only free riders look at the model before.
    var needsPreviousModel: Bool {
        guard let participant else { return true }
        return federation.participants[participant].population.kind.looksBack
    }

    func train(_ job: TrainingJob) async throws(AgentError) -> TrainedUpdate {
        let member = try Self.member(participant ?? Int(job.participant), of: federation)
        let blob = ParameterBlob(layout: job.task.architecture.parameterLayout)
        let network = SimulatedNetwork(scenario: federation.scenario, blobByteCount: blob.byteCount)
        let fate = network.fate(of: member, round: job.round)
        let deadlineMs = UInt64(federation.scenario.task.cohort.deadlineSeconds) * 1_000
        guard let arrival = fate.arrivalMs, arrival <= deadlineMs else {
            throw AgentError(.abstained, "\(member.label) does not answer this round in time, as its scenario says")
        }
        let federation = federation
        return try await SeparateThread.run { () throws(AgentError) in
            do {
                let maker = try UpdateMaker(task: job.task, examples: federation.train)
                let made = try maker.update(
                    of: member,
                    in: UpdateMaker.PublicState(
                        round: job.round, model: job.model,
                        earlierModels: job.previousModel.map { [$0] } ?? [],
                        bounds: job.boundSquared.map {
                            [Double($0).squareRoot() * Double(job.task.grid.step)]
                        } ?? []))
                return TrainedUpdate(
                    update: made.update, sampleCount: member.claimedSampleCount, stepCount: made.stepCount,
                    metrics: ["saturated": Double(made.saturatedCount)])
            } catch {
                throw AgentError(.trainerFailed, "the rehearsal of \(member.label) failed: \(error)")
            }
        }
    }

    private static func member(
        _ number: Int, of federation: PreparedFederation
    ) throws(AgentError) -> SimulatedParticipant {
        guard federation.participants.indices.contains(number) else {
            throw AgentError(
                .unusableData,
                "the scenario has \(federation.participants.count) participants, none with the number \(number)",
                hint: "they are numbered from 0; --participant names one")
        }
        return federation.participants[number]
    }
}
