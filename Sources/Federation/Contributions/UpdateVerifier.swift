package import Aggregation
internal import Attestation
package import Ledger
package import Tensors

/// Checks what a contribution claims against what came with it: signature, digest, shape, grid (proof level L0).
package struct UpdateVerifier: Sendable {
    /// The files of the task's parameter sets.
    package let blob: ParameterBlob
    /// The task's grid.
    package let grid: Grid

    package init(blob: ParameterBlob, grid: Grid) {
        self.blob = blob
        self.grid = grid
    }

    /// The update, fit to be added to a sum, or the reason why not.
    ///
    /// Checks in order of cost: signature (140 µs), one pass for the grid, one for the digest. Complexity: O(values).
    package func verify(
        _ contribution: SignedContribution,
        statement: ContributionStatement,
        update: SharedParameterSet,
        threads: Int = 1
    ) -> Result<CheckedUpdate, ContributionFault> {
        guard contribution.isSigned(by: statement.participantKey) else {
            return .failure(ContributionFault(.badSignature, "the signature is not \(statement.participantKey.did)'s"))
        }
        let checked: CheckedUpdate
        do {
            checked = try CheckedUpdate(
                checking: update,
                weight: 0,
                layout: blob.layout,
                grid: grid,
                threads: threads
            )
        } catch {
            return .failure(ContributionFault(Self.reason(for: error.code), error.message))
        }
        guard blob.digest(of: update.parameters, threads: threads) == statement.update else {
            return .failure(
                ContributionFault(.digestMismatch, "the update's bytes do not have the digest \(statement.update)")
            )
        }
        guard blob.possession(of: update.parameters, by: statement.participantKey) == statement.possession else {
            return .failure(ContributionFault(.digestMismatch, Self.possessionDetail))
        }
        return .success(checked)
    }

    /// Why a statement whose field 13 does not fit the update is refused.
    package static let possessionDetail =
        "possession is not SHA-256 of the participant's key and the update's bytes: an upload counts for who sent them"

    /// The word for a fault of the values, as the ledger has it.
    static func reason(for code: AggregationError.Code) -> RefusalReason {
        switch code {
        case .notFinite: .notFinite
        case .offGrid: .offGrid
        case .invalidWeight, .weightLimit: .badSampleCount
        default: .badShape
        }
    }
}

/// Why a contribution's update does not count.
package struct ContributionFault: Error, Equatable, Sendable {
    package let reason: RefusalReason
    /// One sentence.
    package let detail: String

    package init(_ reason: RefusalReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
