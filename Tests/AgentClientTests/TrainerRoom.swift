import AgentClient
import Attestation
import Federation
import Foundation
import Glibc
import Ledger
import Tensors
import TestSupport
import Training

/// A small task, its model on disk, and jobs for trainers that are shell scripts.
final class TrainerRoom {
    /// Where the room's own files are; each job has a folder below it.
    let folder: TemporaryFolder
    let task: TaskConfiguration
    let text: String
    let model: SharedParameterSet
    let modelFile: String
    private var jobCount = 0

    var layout: ParameterLayout { task.architecture.parameterLayout }

    /// A task of 64 features and 10 classes, as the digits that come with the program.
    init(hidden: [Int] = [8]) throws {
        folder = try TemporaryFolder()
        text = """
            name: trainer-test
            schema: { features: 64, classes: 10 }
            model: { hidden: [\(hidden.map(String.init).joined(separator: ", "))] }
            training: { epochs: 2, batch: 20, learning_rate: 0.1, momentum: 0.5 }
            cohort: { size: 2, quorum: 1 }
            reward: { pool: "50" }

            """
        task = try TaskConfiguration(text: text)
        model = SharedParameterSet(task.architecture.initialParameters(seed: 7))
        modelFile = "\(folder.path)/global.safetensors"
        try Safetensors.write(model.parameters, to: modelFile)
    }

    /// A job with an empty folder of its own, due in `seconds`.
    func job(dueInSeconds seconds: Double = 3_600) throws -> TrainingJob {
        jobCount += 1
        let path = "\(folder.path)/job-\(jobCount)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return TrainingJob(
            task: task, taskID: SHA256.hash(Array(text.utf8)), taskText: Array(text.utf8), round: 3, participant: 4,
            model: model, modelFile: modelFile, previousModel: nil, folder: path,
            deadlineMs: UInt64(max(0, (Date().timeIntervalSince1970 + seconds) * 1_000)))
    }

    /// A trainer that is a shell script. `$0` in it is the room's folder.
    func trainer(_ script: String, data: String? = nil, limits: TrainerLimits = TrainerLimits()) throws
        -> ExternalTrainer
    {
        try ExternalTrainer(command: ["/bin/sh", "-c", script, folder.path], dataPath: data, limits: limits)
    }

    /// An update whose values are all the same, in the room's folder.
    func writeUpdate(_ value: Float, layout: ParameterLayout? = nil, to name: String = "good.safetensors") throws {
        var update = ParameterSet(zeros: layout ?? self.layout)
        update.values.withUnsafeMutableValues { values in
            for index in values.indices { values[index] = value }
        }
        try Safetensors.write(update, to: "\(folder.path)/\(name)")
    }

    /// The end of a script that leaves a good update and metrics.
    static let leaveGoodFiles =
        "cp \"$0/good.safetensors\" update.safetensors; echo '{\"samples\": 30, \"steps\": 4}' > metrics.json"
}

extension TrainedUpdate {
    /// The update's values, in layout order.
    var values: [Float] { update.parameters.values.withUnsafeValues { Array($0) } }
}

/// A named pipe that tells when the last process that holds it has ended.
final class Lifeline {
    let path: String
    private let descriptor: Int32

    init(in folder: String) throws {
        path = "\(folder)/lifeline"
        guard mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    }

    deinit { close(descriptor) }

    /// Whether somebody writes to it within ten minutes.
    func isHeld() async -> Bool {
        await isReady() && Int32(lastEvents) & Int32(POLLIN) != 0
    }

    private var lastEvents: Int16 = 0

    /// Waits until there is something to read, without holding one of the few threads that all tests share.
    private func isReady() async -> Bool {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if Glibc.poll(&poll, 1, 0) == 1 {
                lastEvents = poll.revents
                return true
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Whether somebody wrote to it and everybody who held it is gone, within ten minutes.
    func isCut() async -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var wasHeld = false
        while true {
            guard await isReady() else { return false }
            let count = read(descriptor, &bytes, bytes.count)
            if count > 0 { wasHeld = true }
            if count == 0 { return wasHeld }
        }
    }
}
