/// A section of the report on a task before it is opened. A new section is a type and a line in `TaskCheck.sections`.
package protocol TaskCheckSection: Sendable {
    /// For scripts.
    static var key: String { get }
    /// For people.
    static var title: String { get }

    /// What the section finds.
    func findings(on subject: TaskCheckSubject) throws -> TaskCheckFindings
}

/// What a section found.
package struct TaskCheckFindings: Equatable, Sendable {
    /// One line of a section.
    package struct Row: Equatable, Sendable {
        /// For scripts.
        package let key: String
        /// For people.
        package let label: String
        /// What was found, for people.
        package let text: String
        /// The numbers in it, for scripts.
        package let values: [String: Double]
        /// The figure measured for it on the digits under the same trust, for people.
        package let research: String?

        package init(
            _ key: String, _ label: String, _ text: String, values: [String: Double] = [:], research: String? = nil
        ) {
            self.key = key
            self.label = label
            self.text = text
            self.values = values
            self.research = research
        }
    }

    /// Something to think over before the task is opened.
    package struct Warning: Equatable, Sendable {
        /// For scripts.
        package let code: String
        /// What was found, and what to do about it.
        package let message: String

        package init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    package var rows: [Row] = []
    package var warnings: [Warning] = []

    package init() {}

    mutating func say(_ key: String, _ label: String, _ text: String, values: [String: Double] = [:]) {
        rows.append(Row(key, label, text, values: values))
    }

    mutating func warn(_ code: String, _ message: String) { warnings.append(Warning(code, message)) }
}

/// The report on a task before it is opened.
package struct TaskCheck: Sendable {
    /// A section's findings under its names.
    package struct Part: Sendable {
        package let key: String
        package let title: String
        package let findings: TaskCheckFindings
    }

    /// In the order of the text.
    package static let sections: [any TaskCheckSection] = [
        TermsSection(), LabelsSection(), HonestPaySection(), UnearnedPaySection(),
    ]

    package let subject: TaskCheckSubject
    package let parts: [Part]

    /// Warnings of all sections.
    package var warnings: [TaskCheckFindings.Warning] { parts.flatMap(\.findings.warnings) }

    /// Carries out all sections.
    package init(_ subject: TaskCheckSubject, sections: [any TaskCheckSection] = TaskCheck.sections) throws {
        self.subject = subject
        parts = try sections.map { section in
            Part(
                key: type(of: section).key, title: type(of: section).title,
                findings: try section.findings(on: subject))
        }
    }
}
