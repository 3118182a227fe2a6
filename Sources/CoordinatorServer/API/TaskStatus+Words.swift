internal import Coordination
internal import Foundation

/// What sessions other than the operator's are told of a task's state.
extension TaskStatus {
    /// The stage without what an open round's contributions would tell: that all of them are in.
    var publicStage: Stage { stage == .aggregating ? .collecting : stage }

    /// What there is to wait for, without a word on who or how many have contributed; nil for a closed task.
    ///
    /// - Parameters:
    ///   - nowMs: this machine's clock.
    ///   - shown: a time of the ledger on that clock.
    func publicWaitingFor(nowMs: UInt64, shown: (UInt64) -> UInt64) -> String? {
        switch stage {
        case .closed: nil
        case .failed: "it stands still until the operator has looked at it"
        case .waiting: "waiting for participants"
        case .collecting, .aggregating:
            "round \(round) is open" + (deadlineMs.map { " until \(Self.time(shown($0), nowMs: nowMs))" } ?? "")
        }
    }

    /// A time of day in UTC, with its date where that is not today's.
    private static func time(_ ms: UInt64, nowMs: UInt64) -> String {
        let date = Date(timeIntervalSince1970: Double(ms) / 1_000)
        let time = date.formatted(.iso8601.time(includingFractionalSeconds: false)).prefix(8)
        let dayMs: UInt64 = 86_400_000
        guard ms / dayMs != nowMs / dayMs else { return "\(time) UTC" }
        return "\(date.formatted(.iso8601.year().month().day())) \(time) UTC"
    }
}
