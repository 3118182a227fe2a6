package import Attestation
package import Federation
internal import FoundationEssentials
package import Ledger
internal import SwiftProtobuf
package import Tensors
internal import Wire

extension AgentFolder {
    private static let updateSuffix = ".safetensors"
    private static let contributionSuffix = ".contribution"

    private func stem(_ task: Digest, _ round: UInt32) -> String { "\(updatesPath)/\(task)-\(round)" }

    /// Puts an update and its signed statement on disk so that they survive a power cut, before any byte of them is
    /// sent: for one round there is never a second statement.
    ///
    /// Both files are written and flushed under other names, then renamed, then the folder is flushed. A crash in between
    /// leaves nothing, one of them, or both unflushed; then nothing was sent either.
    ///
    /// - Throws: `AgentError` with code `diskFull` or `folderUnusable`.
    package func store(
        _ update: SharedParameterSet, blob: ParameterBlob, outline: BlobOutline, _ signed: SignedContribution,
        _ statement: ContributionStatement
    ) throws(AgentError) -> StoredUpdate {
        guard try storedRounds().count < AgentLimits.storedUpdateCount else {
            throw AgentError(
                .folderUnusable, "\(updatesPath) holds \(AgentLimits.storedUpdateCount) updates that no round has closed",
                hint: "remove those of tasks that are over")
        }
        var request = WireContributionRequest()
        request.statement = Data(signed.statementBytes)
        request.signature = Data(signed.signature)
        // A message of two byte strings always serializes.
        let contribution: [UInt8] = (try? request.serializedBytes()) ?? []
        let stem = stem(statement.task, statement.round)
        let updatePath = stem + Self.updateSuffix
        let contributionPath = stem + Self.contributionSuffix
        let steps = steps
        try update.parameters.values.withUnsafeValues { (values) throws(AgentError) in
            try blob.header.span.bytes.withUnsafeBytes { (header) throws(AgentError) in
                try AgentFile.write(
                    [header, UnsafeRawBufferPointer(values)], to: updatePath + AgentFile.partialSuffix,
                    isDurable: true, steps: steps)
            }
        }
        try contribution.span.bytes.withUnsafeBytes { (bytes) throws(AgentError) in
            try AgentFile.write(
                [bytes], to: contributionPath + AgentFile.partialSuffix, isDurable: true, steps: steps)
        }
        try steps.before("rename \(updatePath)")
        try AgentFile.move(updatePath + AgentFile.partialSuffix, to: updatePath)
        try steps.before("rename \(contributionPath)")
        try AgentFile.move(contributionPath + AgentFile.partialSuffix, to: contributionPath)
        try AgentFile.flushFolder(of: updatePath, steps: steps)
        return StoredUpdate(path: updatePath, outline: outline, request: request, statement: statement)
    }

    /// The contribution that was made for a round, or nil if there is none, or a crash left only a part of it: then it
    /// was never sent.
    ///
    /// - Throws: `AgentError` with code `folderUnusable` if the files cannot be read.
    package func storedUpdate(task: Digest, round: UInt32) throws(AgentError) -> StoredUpdate? {
        let stem = stem(task, round)
        guard let bytes = try AgentFile.read(stem + Self.contributionSuffix, limit: AgentLimits.smallFileByteCount),
            let request = try? WireContributionRequest(serializedBytes: bytes),
            let statement = try? ContributionStatement(decoding: [UInt8](request.statement)),
            statement.task == task, statement.round == round,
            let file = try? MappedFile(path: stem + Self.updateSuffix)
        else { return nil }
        let hashes = file.withUnsafeBytes { BlobDigest.chunkHashes(of: $0, threads: 1) }
        let outline = BlobOutline(byteCount: file.count, chunkHashes: hashes)
        guard outline.digest == statement.update else { return nil }
        return StoredUpdate(path: stem + Self.updateSuffix, outline: outline, request: request, statement: statement)
    }

    /// The rounds whose contributions are kept.
    package func storedRounds() throws(AgentError) -> [(task: Digest, round: UInt32)] {
        try AgentFile.names(in: updatesPath).compactMap { name in
            guard name.hasSuffix(Self.contributionSuffix) else { return nil }
            let parts = name.dropLast(Self.contributionSuffix.count).split(separator: "-")
            guard parts.count == 2, let task = try? Digest(hex: String(parts[0])), let round = UInt32(parts[1]) else {
                return nil
            }
            return (task, round)
        }
    }

    /// Removes a contribution whose round is over, and what a crash left of it.
    package func removeUpdate(task: Digest, round: UInt32) throws(AgentError) {
        let stem = stem(task, round)
        try AgentFile.remove(stem + Self.contributionSuffix)
        try AgentFile.remove(stem + Self.updateSuffix)
    }

    /// Removes the contributions of a task's rounds before one, which are over when it opens.
    package func removeUpdates(task: Digest, before round: UInt32) throws(AgentError) {
        for stored in try storedRounds() where stored.task == task && stored.round < round {
            try removeUpdate(task: stored.task, round: stored.round)
        }
    }
}
