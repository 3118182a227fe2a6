package import Attestation
internal import FoundationEssentials
internal import SwiftProtobuf

extension ContributionStatement {
    /// Reads a statement strictly, as entries are read: one encoding only.
    ///
    /// - Throws: `malformedStatement`, with the reason in the message.
    package init(decoding bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= LedgerLimits.statementByteCount else {
            throw LedgerError(
                .malformedStatement,
                "a statement of \(bytes.count) bytes; at most \(LedgerLimits.statementByteCount) are allowed"
            )
        }
        do {
            try self.init(strictlyReading: bytes.span.bytes)
        } catch {
            throw LedgerError(.malformedStatement, "not a contribution statement: \(error.message)")
        }
    }

    /// The bytes that are signed.
    package var encoded: [UInt8] {
        // Encoding fails for missing required fields and for messages past 2 GiB only; this has neither.
        (try? encodedPayload()) ?? []
    }

    /// Signs the encoded statement.
    ///
    /// - Throws: `badSignature` if the cryptographic library fails.
    package func signed(by key: SigningKey) throws(LedgerError) -> SignedContribution {
        let bytes = encoded
        do {
            return SignedContribution(
                statementBytes: bytes,
                signature: try key.sign(SigningDomain.contribution.message(for: bytes))
            )
        } catch {
            throw LedgerError(.badSignature, "the statement could not be signed: \(error.message)")
        }
    }
}

extension ContributionStatement: WirePayload {
    init(wire: Tributary_V1_ContributionStatement) throws(LedgerError) {
        guard wire.nonce.count == Self.nonceByteCount else {
            throw LedgerError(.wrongLength, "'nonce' has \(wire.nonce.count) bytes; it has 16")
        }
        self.init(
            task: try WireField.digest(wire.task, "task"),
            round: wire.round,
            participantKey: try WireField.publicKey(wire.participantKey, "participant_key"),
            baseModel: try WireField.digest(wire.baseModel, "base_model"),
            configuration: try WireField.digest(wire.configuration, "configuration"),
            update: try WireField.digest(wire.update, "update"),
            parameterCount: wire.parameterCount,
            sampleCount: wire.sampleCount,
            stepCount: wire.stepCount,
            nonce: [UInt8](wire.nonce),
            previousContribution: try WireField.digest(wire.previousContribution, "previous_contribution"),
            ledgerRootSeen: try WireField.digest(wire.ledgerRootSeen, "ledger_root_seen"),
            possession: try WireField.optionalDigest(wire.possession, "possession")
        )
    }

    var wire: Tributary_V1_ContributionStatement {
        .with {
            $0.task = WireField.data(task)
            $0.round = round
            $0.participantKey = WireField.data(participantKey)
            $0.baseModel = WireField.data(baseModel)
            $0.configuration = WireField.data(configuration)
            $0.update = WireField.data(update)
            $0.parameterCount = parameterCount
            $0.sampleCount = sampleCount
            $0.stepCount = stepCount
            $0.nonce = Data(nonce)
            $0.previousContribution = WireField.data(previousContribution)
            $0.ledgerRootSeen = WireField.data(ledgerRootSeen)
            $0.possession = WireField.data(possession)
        }
    }
}
