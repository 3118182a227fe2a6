internal import Datasets
internal import Foundation

/// How alike the participants' labels are.
package struct LabelsSection: TaskCheckSection {
    package static let key = "labels"
    package static let title = "Whose labels"

    /// Mean distance between two participants' labels above which they hardly overlap.
    static let distanceLimit = 0.7

    package init() {}

    package func findings(on subject: TaskCheckSubject) throws -> TaskCheckFindings {
        var found = TaskCheckFindings()
        let trial = subject.trial
        let histograms = try trial.histograms()
        let seen = histograms.map { Double($0.counts.count { $0 > 0 }) }
        let mean = seen.reduce(0, +) / Double(seen.count)
        let classes = histograms.first?.counts.count ?? 0
        let distance = Self.meanDistance(histograms)
        let examples = Double(trial.ordinaryExampleCount)
        found.say(
            "examples", "examples each", "about \(trial.ordinaryExampleCount) of \(subject.datasetName)",
            values: ["examples": examples])
        found.say(
            "classes", "classes each", String(format: "%.1f of %d", mean, classes),
            values: ["mean": mean, "classes": Double(classes)])
        found.say(
            "distance", "apart",
            String(format: "%.2f between two participants' labels (0 the same, 1 none shared)", distance),
            values: ["mean_distance": distance])
        if distance > Self.distanceLimit {
            found.warn(
                "labels-apart",
                """
                Participants' labels hardly overlap. Where they do not, some honest participants are paid nothing (1.8 \
                of 10 on the digits), and rare classes that the validation set lacks are worth nothing.
                """)
        }
        return found
    }

    static func meanDistance(_ histograms: [LabelHistogram]) -> Double {
        var (sum, count) = (0.0, 0)
        for (place, one) in histograms.enumerated() {
            for other in histograms.dropFirst(place + 1) {
                sum += one.distance(to: other)
                count += 1
            }
        }
        return count > 0 ? sum / Double(count) : 0
    }
}
