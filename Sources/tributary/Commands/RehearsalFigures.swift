import Foundation
import Rehearsal

/// What came of a rehearsal in one line: what was done of what was asked for, and whether all held.
struct RehearsalFigures {
    /// What was asked for.
    struct Asked {
        let kills: KillSchedule
        let links: Int
        let disks: Int
        /// Why no disk was filled though that was asked for; nil where they could be.
        let unfilled: String?
        let seed: UInt64
    }

    /// `OK: …` or `FAILED: …`
    let line: String

    init(_ report: RehearsalReport, asked: Asked) {
        let done = report.disturbance
        let killsAsked = asked.kills.coordinatorKills
        let kills = [
            (done.coordinatorKills, killsAsked, "the coordinator"),
            (done.agentKills, asked.kills.kills.count - killsAsked, "agents"),
        ]
        var parts: [String] = []
        // A rehearsal that is over before its schedule has done less than was asked for: that is to be seen.
        if !asked.kills.kills.isEmpty {
            let texts = kills.filter { $0.1 > 0 }.map { "\($0.0) of \($0.1) of \($0.2)" }
            parts.append("kills recovered: \(texts.joined(separator: ", "))")
        }
        if asked.links > 0 { parts.append("link failures struck: \(done.links.faultCount) of \(asked.links)") }
        if asked.disks > 0 {
            let filled = done.coordinatorFillings + done.agentFillings
            let restarts = done.coordinatorRestarts + done.agentRestarts
            let remark = asked.unfilled ?? (restarts == 0 ? nil : "restarts after it: \(restarts)")
            parts.append("disks filled: \(filled) of \(asked.disks)\(remark.map { " (\($0))" } ?? "")")
        }
        parts.append(
            report.model == report.simulatedModel ? "model equal to the simulated one" : "ANOTHER MODEL than simulated")
        parts.append("seed \(asked.seed)")
        parts.append("\(report.rounds) rounds in \(String(format: "%.1f", report.seconds)) s")
        line = "\(report.faults.isEmpty ? "OK" : "FAILED"): \(parts.joined(separator: "; "))"
    }
}
