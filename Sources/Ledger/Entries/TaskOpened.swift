package import Attestation

/// Opens a training task.
package struct TaskOpened: Hashable, Sendable {
    /// The task's id: SHA-256 of `configuration`.
    package let task: Digest
    /// The task file (YAML, UTF-8) as resolved.
    package let configuration: [UInt8]
    /// Version 1: blob digest of the model that round 1 starts from; in version 2 the first round opened names it.
    package let initialModel: Digest?
    /// Parameters of the model.
    package let parameterCount: UInt64
    /// The updates' grid: multiples of 2^-bits.
    package let gridFractionBits: UInt32
    /// Digest of the validation set that scores are taken on.
    package let validationRoot: Digest
    /// Version 1: what is paid.
    package let reward: RewardRule?
    /// Version 2: what is paid, whom the task trusts, and what stays secret until its close.
    package let terms: TaskTerms?
    /// Fewest accepted contributions that seal a round.
    package let quorum: UInt32

    package init(
        task: Digest,
        configuration: [UInt8],
        initialModel: Digest? = nil,
        parameterCount: UInt64,
        gridFractionBits: UInt32,
        validationRoot: Digest,
        reward: RewardRule? = nil,
        terms: TaskTerms? = nil,
        quorum: UInt32
    ) {
        self.task = task
        self.configuration = configuration
        self.initialModel = initialModel
        self.parameterCount = parameterCount
        self.gridFractionBits = gridFractionBits
        self.validationRoot = validationRoot
        self.reward = reward
        self.terms = terms
        self.quorum = quorum
    }

    /// The sponsor whose escrow pays; nil: emission under the cap.
    package var sponsor: AccountName? { terms.map(\.sponsor) ?? reward?.sponsor }
}
