package import Federation
internal import Training

/// What decides which tasks an agent takes, and when.
package struct AgentRules: Sendable {
    package let settings: AgentSettings
    package let consent: Consent
    /// Features and classes of the data here; nil where a trainer brings its own.
    package let data: Consent.Schema?

    package init(settings: AgentSettings, consent: Consent, data: Consent.Schema?) {
        self.settings = settings
        self.consent = consent
        self.data = data
    }

    /// Why a task is not taken, as the end of a sentence; nil where it is.
    ///
    /// - Parameter funded: what is proved to be set aside for the task, in units of 10^-6 token.
    package func objection(to task: TaskConfiguration, funded: UInt64) -> String? {
        if let objection = consent.objection(to: task, funded: funded) ?? settings.objection(to: task) {
            return objection
        }
        let architecture = task.architecture
        guard let data, data.features != architecture.inputCount || data.classes > architecture.classCount else {
            return nil
        }
        return """
            it is for \(architecture.inputCount) features and \(architecture.classCount) classes, the data here have \
            \(data.features) and \(data.classes)
            """
    }

    /// What the agent waits for before it asks for work, and how long until it looks again, in milliseconds; nil where
    /// it may work.
    package func wait(_ surroundings: AgentSurroundings) -> (reason: String, ms: UInt64)? {
        let minute = surroundings.minuteOfDay()
        if let hours = settings.hours, !hours.contains(minute: minute) {
            let minutes = hours.minutesUntilOpen(from: minute)
            let text = minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
            return ("waiting for its hours (\(hours)), for another \(text)", UInt64(minutes) * 60_000)
        }
        if let reason = settings.power.wait(surroundings.power()) { return (reason, AgentLimits.powerCheckMs) }
        return nil
    }
}
