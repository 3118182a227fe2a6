/// How a task keeps the updates of its participants from the coordinator.
///
/// The words are those of task files and of a participant's consent. All are known, so that a participant can refuse
/// what it does not want today; a task can have only those that are supported.
package enum PrivacyMode: String, CaseIterable, Sendable {
    /// Not at all: the coordinator sees every update in the clear.
    case inTheClear = "none"
    /// The coordinator learns the sum of a round's updates and no single one.
    case secureAggregation = "secure-aggregation"
    /// Updates are clipped and noised, with a stated privacy loss.
    case differentialPrivacy = "differential-privacy"

    /// Whether a task can be run with it.
    package var isSupported: Bool { self == .inTheClear }
}
