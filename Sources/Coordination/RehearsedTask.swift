internal import Federation
package import Ledger

/// A task that can be opened: its sets are drawn, and its bound on the length of updates is measured, which takes one
/// local training. A server makes it beside the coordinator's executor, so that nothing else stands still meanwhile.
package struct RehearsedTask: Sendable {
    let material: TaskMaterial
    let secret: TaskSecret
    let sets: EvaluationSets
    /// In squares of the grid's unit; nil where weights are claimed.
    let boundSquared: UInt128?

    /// Draws the sets by the task's secret and measures the bound.
    ///
    /// - Throws: `CoordinationError` with code `invalidTask` if the data cannot be read or the training diverges.
    package init(_ material: TaskMaterial, secret: TaskSecret) throws(CoordinationError) {
        self.material = material
        self.secret = secret
        do {
            sets = try material.evaluation(secret)
            boundSquared = try NormRehearsal.boundSquared(material.task, examples: sets.validation)
        } catch let error as FederationError {
            throw CoordinationError(.invalidTask, error.message, hint: error.hint)
        } catch {
            throw CoordinationError(.invalidTask, "\(error)")
        }
    }
}
