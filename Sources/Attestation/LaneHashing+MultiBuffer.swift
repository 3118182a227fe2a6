internal import CMultiBuffer

/// SHA-256 of many messages of one length side by side, each in a lane of the vector unit.
///
/// For blocks and nodes of a blob's tree; everything else is libcrypto's, and so are these where it is faster: on
/// processors with SHA instructions, without AVX2, or of another architecture (decision 0017).
package enum LaneHashing {
    /// Longest message, the prefix not counted.
    package static let messageByteCount = Int(TMB_MESSAGE_BYTES)

    /// Whether it pays here. The library was tried with a known answer then.
    package static let isUseful = tmb_is_useful()

    /// Writes SHA-256(prefix ‖ message) of every message to its place, 32 bytes each; nil is left out.
    ///
    /// The places may not lie in a message's memory.
    ///
    /// - Returns: false if it cannot be done here: then the places hold nothing of use.
    package static func hash(
        prefix: UInt8, messages: UnsafeBufferPointer<UnsafeRawPointer?>, byteCount: Int,
        to digests: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(digests.count >= messages.count * Digest.byteCount, "no room for \(messages.count) digests")
        guard let places = digests.baseAddress else { return true }
        return tmb_sha256(prefix, messages.baseAddress, messages.count, byteCount, places)
    }
}
