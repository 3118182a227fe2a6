import AgentClient
import ArgumentParser
import Foundation

/// What trains in an agent: the built-in trainer on this machine's data, a program of the participant's own, or a
/// participant of a scenario, for rehearsals.
struct TrainerChoice: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Data set: a folder, a file, or \"digits\"; before agent.yaml.", valueName: "path"))
    var data: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A program that trains instead of the built-in trainer, such as \"python3 train.py\".",
            valueName: "command"))
    var trainer: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Rehearse: do what a participant of this scenario does in `tributary simulate`.", valueName: "file"))
    var scenario: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Which participant of the scenario; the agent's own number where it is not given.", valueName: "n"))
    var participant: Int?

    func validate() throws {
        guard participant == nil || scenario != nil else { throw ValidationError("--participant needs --scenario") }
        guard trainer == nil || scenario == nil else {
            throw ValidationError("--trainer and --scenario are two ways to train; choose one")
        }
    }

    /// The trainer, and the shape of the data it trains on, where it is known before the task is.
    ///
    /// - Parameter settings: its data are replaced by the flag's.
    func make(_ settings: inout AgentSettings) throws -> (trainer: any AgentTrainer, data: Consent.Schema?) {
        if let data { settings.data = data }
        if let scenario {
            let trainer = try RehearsalTrainer(scenario: scenario, dataPath: data, participant: participant)
            return (trainer, nil)
        }
        if let trainer { settings.trainer = trainer }
        if let command = settings.trainer {
            let external = try ExternalTrainer(
                command: ExternalTrainer.words(of: command), dataPath: settings.data, limits: settings.trainerLimits)
            return (external, nil)
        }
        guard let path = settings.data else {
            throw AgentError(
                .inputMissing, "there are no data to train on",
                hint: "name them with --data, or with `data:` in agent.yaml in the agent's folder")
        }
        let data = try AgentData.load(path)
        return (BuiltInTrainer(examples: data.examples), data.schema)
    }
}
