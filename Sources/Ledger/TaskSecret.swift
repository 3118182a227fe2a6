package import Attestation

/// The one secret of a task: drawn at its opening, committed to in its terms, revealed when it closes.
package struct TaskSecret: Hashable, Sendable {
    /// Thirty-two random bytes.
    package let value: Digest

    package init(_ value: Digest) { self.value = value }

    /// What the task's terms commit to.
    package var commitment: Digest { DomainHash.digest("tributary/task-secret/v1", [value]) }

    /// The salt of a round's score commitment.
    package func salt(round: UInt32) -> Digest {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: round >> UInt32(24 - 8 * $0)) }
        return DomainHash.digest("tributary/scores-salt/v1", [value], number)
    }

    /// What the validation set is drawn with.
    package var validationSeed: Digest { DomainHash.digest("tributary/validation-seed/v1", [value]) }

    /// What the validation set's root is salted with.
    package var validationSalt: Digest { DomainHash.digest("tributary/validation-salt/v1", [value]) }
}

/// Where a task's first model comes from.
package enum TaskStart {
    /// The seed that the first model is drawn with: nobody knows it before the entries ahead of round 1 are written.
    ///
    /// - Parameter root: RFC 6962 root over all entries before the one that opens round 1.
    package static func seed(root: Digest, task: Digest) -> Digest {
        DomainHash.digest("tributary/start/v1", [root, task])
    }
}

/// SHA-256 behind a name that says what the hash is for.
enum DomainHash {
    /// SHA-256(domain || 0x00 || digests || bytes).
    static func digest(_ domain: StaticString, _ digests: [Digest], _ bytes: [UInt8] = []) -> Digest {
        var hasher = SHA256.Hasher()
        domain.withUTF8Buffer { hasher.update(UnsafeRawBufferPointer($0)) }
        hasher.update(byte: 0)
        for digest in digests { digest.withUnsafeBytes { hasher.update($0) } }
        hasher.update(bytes)
        return hasher.finalize()
    }
}
