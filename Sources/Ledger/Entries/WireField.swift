internal import Attestation
internal import FoundationEssentials

/// Conversions of single fields between the generated messages and the ledger's types.
enum WireField {
    /// A digest of exactly 32 bytes.
    static func digest(_ data: Data, _ name: String) throws(LedgerError) -> Digest {
        guard data.count == Digest.byteCount else {
            throw LedgerError(.wrongLength, "'\(name)' has \(data.count) bytes; a digest has 32")
        }
        return data.withUnsafeBytes { Digest(unsafeBytes: $0) }
    }

    /// A digest of 32 bytes, or nil where there are none.
    static func optionalDigest(_ data: Data, _ name: String) throws(LedgerError) -> Digest? {
        data.isEmpty ? nil : try digest(data, name)
    }

    /// A key of exactly 32 bytes, not one of those that anybody could sign for.
    static func publicKey(_ data: Data, _ name: String) throws(LedgerError) -> PublicKey {
        guard data.count == PublicKey.byteCount else {
            throw LedgerError(.wrongLength, "'\(name)' has \(data.count) bytes; a key has 32")
        }
        do {
            return try PublicKey(bytes: data)
        } catch {
            throw LedgerError(.badValue, "'\(name)': \(error.message)")
        }
    }

    /// Any bytes up to a limit.
    static func bytes(_ data: Data, _ name: String, atMost limit: Int) throws(LedgerError) -> [UInt8] {
        guard data.count <= limit else {
            throw LedgerError(.wrongLength, "'\(name)' has \(data.count) bytes; at most \(limit) are allowed")
        }
        return [UInt8](data)
    }

    /// Text up to a limit.
    static func text(_ text: String, _ name: String, atMost limit: Int) throws(LedgerError) -> String {
        guard text.utf8.count <= limit else {
            throw LedgerError(.wrongLength, "'\(name)' has \(text.utf8.count) bytes; at most \(limit) are allowed")
        }
        return text
    }

    /// A digest's bytes; none for nil.
    static func data(_ digest: Digest?) -> Data {
        digest.map { $0.withUnsafeBytes { Data($0) } } ?? Data()
    }

    /// A number of exactly 16 bytes, big-endian, or nil where there are none.
    static func optionalNumber(_ data: Data, _ name: String) throws(LedgerError) -> UInt128? {
        guard !data.isEmpty else { return nil }
        guard data.count == 16 else {
            throw LedgerError(.wrongLength, "'\(name)' has \(data.count) bytes; such a number has 16")
        }
        return data.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// A number's 16 bytes, big-endian; none for nil.
    static func data(_ number: UInt128?) -> Data {
        number.map { number in Data((0..<16).map { UInt8(truncatingIfNeeded: number >> UInt128(8 * (15 - $0))) }) }
            ?? Data()
    }

    /// A key's bytes; none for nil.
    static func data(_ key: PublicKey?) -> Data {
        key.map { $0.withUnsafeBytes { Data($0) } } ?? Data()
    }
}
