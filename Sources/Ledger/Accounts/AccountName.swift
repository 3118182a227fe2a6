package import Attestation

/// The name of an account: what it is for, and whose.
///
/// | name | holds |
/// | --- | --- |
/// | `issuance` | where tokens come from; the one account that may be below zero, by at most the cap |
/// | `sponsor/<name>` | what a sponsor may still spend |
/// | `escrow/<task hex>` | what a sponsor has set aside for a task |
/// | `pool/<task hex>` | what the task's running epoch will pay, and the carry |
/// | `participant/<did:key:…>` | what a participant has earned |
///
/// Names are ASCII and ordered by their bytes.
package struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// What an account is for.
    package enum Kind: Sendable {
        case issuance, sponsor, escrow, pool, participant
    }

    /// The name as written.
    package let text: String
    /// What the account is for.
    package let kind: Kind

    /// A name as an entry has it.
    ///
    /// - Throws: `badAccountName` where the text is none of the five forms.
    package init(_ text: String) throws(LedgerError) {
        guard let kind = Self.kind(of: text) else {
            throw LedgerError(.badAccountName, "'\(text.prefix(80))' is not an account's name")
        }
        self.text = text
        self.kind = kind
    }

    private init(checked text: String, _ kind: Kind) {
        self.text = text
        self.kind = kind
    }

    /// Where tokens come from.
    package static let issuance = AccountName(checked: "issuance", .issuance)

    /// The pool that a task pays its participants from.
    package static func pool(_ task: Digest) -> AccountName { AccountName(checked: "pool/\(task.hex)", .pool) }

    /// What a sponsor has set aside for a task.
    package static func escrow(_ task: Digest) -> AccountName { AccountName(checked: "escrow/\(task.hex)", .escrow) }

    /// What a participant has earned.
    package static func participant(_ key: PublicKey) -> AccountName {
        AccountName(checked: "participant/\(key.did)", .participant)
    }

    package var description: String { text }

    // The kind follows from the text.
    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private static func kind(of text: String) -> Kind? {
        var text = text
        return text.withUTF8 { bytes in
            if equal(bytes, "issuance") { return .issuance }
            if starts(bytes, "participant/did:key:z") {
                return bytes.count <= LedgerLimits.accountNameByteCount && bytes.count > 21
                    && bytes[21...].allSatisfy(isAlphanumeric) ? .participant : nil
            }
            if starts(bytes, "pool/") { return isTask(bytes[5...]) ? .pool : nil }
            if starts(bytes, "escrow/") { return isTask(bytes[7...]) ? .escrow : nil }
            guard starts(bytes, "sponsor/") else { return nil }
            let name = bytes[8...]
            return !name.isEmpty && name.count <= LedgerLimits.sponsorNameByteCount
                && name.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F } ? .sponsor : nil
        }
    }

    private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount && starts(bytes, word)
    }

    private static func starts(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count >= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { prefix in
            for index in 0..<prefix.count where bytes[index] != prefix[index] { return false }
            return true
        }
    }

    private static func isTask(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.count == 64 && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
