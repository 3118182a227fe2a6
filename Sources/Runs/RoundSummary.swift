/// What one round did: a line of `metrics.csv` and a row of the report.
package struct RoundSummary: Codable, Equatable, Sendable {
    /// The round's number, from 1.
    package var round: Int
    /// How the round ended.
    package var outcome: RoundOutcome
    /// Participants invited.
    package var invited: Int
    /// Contributions accepted.
    package var accepted: Int
    /// Messages refused, by the name of the reason.
    package var refused: [String: Int]
    /// Participants invited who never answered.
    package var droppedOut: Int
    /// Validation loss (nats) of the round's base model, where it was measured.
    package var validationLossBefore: Double?
    /// Validation loss (nats) of the round's new model, where it was measured.
    package var validationLossAfter: Double?
    /// Test loss (nats) of the round's new model, where it was measured.
    package var testLoss: Double?
    /// Test accuracy (0 to 1) of the round's new model, where it was measured.
    package var testAccuracy: Double?
    /// Bytes of updates received.
    package var uploadBytes: UInt64
    /// Bytes of models sent.
    package var downloadBytes: UInt64
    /// Seconds on the wall clock.
    package var seconds: Double
    /// The simulated world's clock at the end of the round, in seconds since the run began.
    package var virtualSeconds: Double
    /// Units of 10^-6 token paid for this round, in a run of rules version 1; a later task is settled at its close.
    package var paid: UInt64
    /// The sum of the full scores less the validation loss drop, relative to that drop, where both are known.
    package var scoreGap: Double?

    package init(
        round: Int,
        outcome: RoundOutcome = .aggregated,
        invited: Int = 0,
        accepted: Int = 0,
        refused: [String: Int] = [:],
        droppedOut: Int = 0,
        validationLossBefore: Double? = nil,
        validationLossAfter: Double? = nil,
        testLoss: Double? = nil,
        testAccuracy: Double? = nil,
        uploadBytes: UInt64 = 0,
        downloadBytes: UInt64 = 0,
        seconds: Double = 0,
        virtualSeconds: Double = 0,
        paid: UInt64 = 0,
        scoreGap: Double? = nil
    ) {
        self.round = round
        self.outcome = outcome
        self.invited = invited
        self.accepted = accepted
        self.refused = refused
        self.droppedOut = droppedOut
        self.validationLossBefore = validationLossBefore
        self.validationLossAfter = validationLossAfter
        self.testLoss = testLoss
        self.testAccuracy = testAccuracy
        self.uploadBytes = uploadBytes
        self.downloadBytes = downloadBytes
        self.seconds = seconds
        self.virtualSeconds = virtualSeconds
        self.paid = paid
        self.scoreGap = scoreGap
    }

    /// Messages refused, for any reason. Counts past `Int.max` saturate.
    package var refusedCount: Int {
        refused.values.reduce(0) { sum, count in
            let (total, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : total
        }
    }

    private enum CodingKeys: String, CodingKey {
        case round, outcome, invited, accepted, refused, seconds, paid
        case droppedOut = "dropped_out"
        case validationLossBefore = "validation_loss_before"
        case validationLossAfter = "validation_loss_after"
        case testLoss = "test_loss"
        case testAccuracy = "test_accuracy"
        case uploadBytes = "upload_bytes"
        case downloadBytes = "download_bytes"
        case virtualSeconds = "virtual_seconds"
        case scoreGap = "score_gap"
    }
}
