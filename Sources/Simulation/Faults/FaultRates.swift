internal import Tensors

/// How often each kind of fault strikes in one seed's world: chances between 0 and 1.
///
/// Each is drawn anew for every seed, often as zero, so that some worlds have one fault alone and others all at once.
package struct FaultRates: Sendable {
    /// Per message.
    package let drop: Double
    package let duplicate: Double
    /// Per message: it takes up to a minute.
    package let longDelay: Double
    /// Per agent and weather change: its link is cut in one or both directions for a while.
    package let partition: Double
    /// Per effect of the coordinator that anything outside can see.
    package let coordinatorCrash: Double
    /// Per step of an agent, and at each end of a write to its disk.
    package let agentCrash: Double
    /// Per ledger append: nothing is written; or all is, and the caller hears of a failure.
    package let appendFailure: Double
    package let appendFailureAfterCommit: Double
    /// Per checkpoint write.
    package let checkpointFailure: Double
    /// Per blob write.
    package let blobFailure: Double
    /// Per weather change: the coordinator's disk is full for a while.
    package let fullDisk: Double
    /// Per chunk of an unfinished upload when the coordinator loses power: lost or garbage.
    package let tornChunk: Double
    /// Per finished update of an open round when the coordinator loses power: lost or garbage, although it was synced.
    package let lostUpdate: Double
    /// Per write to an agent's disk.
    package let agentWriteFailure: Double
    /// Per weather change: the coordinator's clock, and the agents' timers.
    package let clockJump: Double
    package let timerJump: Double
    /// Per job: it takes up to a minute.
    package let slowJob: Double
    /// Per round of training: it takes up to a minute.
    package let slowTraining: Double
    /// Per request for work: the agent declines one of the tasks for now.
    package let decline: Double
    /// Per agent and weather change: it says goodbye and comes back later.
    package let leave: Double
    /// Per weather change: the operator stops the coordinator in good order and starts it again.
    package let stop: Double

    /// The rates of a seed.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed, stream: "fault rates")
        let isQuiet = generator.nextIndex(below: 20) == 0
        func draw(_ most: Double) -> Double {
            let isOff = generator.nextUnit() < 0.4
            let part = generator.nextUnit()
            // Squared: mostly rare, sometimes a storm.
            return isQuiet || isOff ? 0 : most * (part * part + 0.002)
        }
        drop = draw(0.3)
        duplicate = draw(0.3)
        longDelay = draw(0.1)
        partition = draw(0.05)
        coordinatorCrash = draw(0.02)
        agentCrash = draw(0.03)
        appendFailure = draw(0.03)
        appendFailureAfterCommit = draw(0.03)
        checkpointFailure = draw(0.1)
        blobFailure = draw(0.1)
        fullDisk = draw(0.05)
        tornChunk = draw(1)
        lostUpdate = draw(0.3)
        agentWriteFailure = draw(0.2)
        clockJump = draw(0.02)
        timerJump = draw(0.05)
        slowJob = draw(0.3)
        slowTraining = draw(0.5)
        decline = draw(0.2)
        leave = draw(0.02)
        stop = draw(0.02)
    }
}
