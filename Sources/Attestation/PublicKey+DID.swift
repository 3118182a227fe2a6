extension PublicKey {
    /// `did:key:` and multibase base 58: what every Ed25519 `did:key` starts with, before the digits.
    private static let didPrefix = Array("did:key:z".utf8)
    /// Multicodec `ed25519-pub` (0xed) as a varint.
    private static let multicodec: [UInt8] = [0xED, 0x01]

    /// The key as a decentralised identifier, `did:key:z6Mk…` (W3C CCG did:key method).
    package var did: String {
        String(decoding: Self.didPrefix, as: UTF8.self) + Base58.encode(Self.multicodec + bytes)
    }

    /// The key that a `did:key` names.
    ///
    /// - Throws: `AttestationError` with code `invalidDID` if it is not the `did:key` of an Ed25519 key, `invalidKey`
    ///   if that key is refused (see `PublicKey`).
    package init(did: String) throws(AttestationError) {
        let text = Array(did.utf8.prefix(AttestationLimits.didByteCount + 1))
        guard text.count <= AttestationLimits.didByteCount, text.starts(with: Self.didPrefix),
            let payload = Base58.decode(text.dropFirst(Self.didPrefix.count)),
            payload.starts(with: Self.multicodec),
            payload.count == Self.multicodec.count + Self.byteCount
        else {
            throw AttestationError(
                .invalidDID,
                "\(Quotation.of(did)) is not the did:key of an Ed25519 key (did:key:z6Mk…)"
            )
        }
        try self.init(bytes: payload.dropFirst(Self.multicodec.count))
    }
}
