package import Tensors

/// What a trainer gives back: the update, on the task's grid, and what it says of it.
package struct TrainedUpdate: Sendable {
    /// Trained minus given parameters, on the task's grid and of the task's layout.
    package let update: SharedParameterSet
    /// Examples trained on: information, unless the task weighs or pays by them.
    package let sampleCount: Int
    /// Optimiser steps taken.
    package let stepCount: Int
    /// Figures for the participant's own log; they are not sent.
    package let metrics: [String: Double]

    package init(update: SharedParameterSet, sampleCount: Int, stepCount: Int, metrics: [String: Double]) {
        self.update = update
        self.sampleCount = sampleCount
        self.stepCount = stepCount
        self.metrics = metrics
    }
}
