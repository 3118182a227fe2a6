import Attestation
import Testing

@Suite("Ed25519 keys")
struct SigningKeyTests {
    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }

    /// RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
    static let standard = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a",
        ],
    ]

    @Test("The keys and signatures of RFC 8032 come out to the byte", arguments: standard)
    func standardVectors(vector: [String]) throws {
        let parts = vector.map(Self.bytes)
        let key = try SigningKey(seed: parts[0])
        #expect(key.publicKey.bytes == parts[1])
        #expect(try key.seed == parts[0])
        #expect(try key.sign(parts[2]) == parts[3])
        #expect(key.publicKey.isValidSignature(parts[3], for: parts[2]))
        #expect(!key.publicKey.isValidSignature(parts[3], for: parts[2] + [0]))
        #expect(key.publicKey == (try PublicKey(bytes: parts[1])))
    }

    @Test("A new key signs, another key does not verify it, and no changed bit of the signature does")
    func freshKeys() throws {
        let key = try SigningKey.generate()
        let other = try SigningKey.generate()
        #expect(key.publicKey != other.publicKey)
        let message = SigningDomain.contribution.message(for: [1, 2, 3])
        let signature = try key.sign(message)
        #expect(key.publicKey.isValidSignature(signature, for: message))
        #expect(!other.publicKey.isValidSignature(signature, for: message))
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValidSignature(changed, for: message))
        }
        for count in [0, 63, 65] {
            #expect(!key.publicKey.isValidSignature(Array((signature + [0]).prefix(count)), for: message))
        }
        #expect(try SigningKey(seed: key.seed).publicKey == key.publicKey)
        #expect("\(key)".contains(key.publicKey.did))
    }

    @Test("A signature's other form, S + L, is refused")
    func malleability() throws {
        let order = Self.bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        let key = try SigningKey(seed: [UInt8](repeating: 3, count: 32))
        var signature = try key.sign([9])
        var carry = 0
        for index in 0..<32 {
            carry += Int(signature[32 + index]) + Int(order[index])
            signature[32 + index] = UInt8(carry & 255)
            carry >>= 8
        }
        #expect(!key.publicKey.isValidSignature(signature, for: [9]))
    }

    @Test(
        "Every encoding of a point of small order is refused, with either sign",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ]
    )
    func smallOrder(hex: String) {
        for sign in [UInt8(0), 0x80] {
            var bytes = Self.bytes(hex)
            bytes[31] |= sign
            #expect(throws: AttestationError(.invalidKey, "")) { try PublicKey(bytes: bytes) }
        }
    }

    @Test("An encoding of y at or past the field's prime is refused, the one below it is not")
    func canonicalEncoding() throws {
        let top = [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        for low in UInt8(0xED)...0xFF {
            #expect(throws: AttestationError(.invalidKey, "")) { try PublicKey(bytes: [low] + top) }
        }
        #expect(try PublicKey(bytes: [0xEB] + top).bytes == [0xEB] + top)
    }

    @Test("Keys and seeds of another length are refused", arguments: [0, 31, 33])
    func lengths(count: Int) {
        let bytes = [UInt8](repeating: 9, count: count)
        #expect(throws: AttestationError(.invalidKey, "")) { try SigningKey(seed: bytes) }
        #expect(throws: AttestationError(.invalidKey, "")) { try PublicKey(bytes: bytes) }
    }

    @Test("A domain's message is its name, a zero byte and the bytes")
    func domain() {
        #expect(
            SigningDomain.contribution.message(for: [7, 8]) == Array("tributary/contribution/v1".utf8) + [0, 7, 8]
        )
        #expect(SigningDomain("tributary/manifest/v1").message(for: []) == Array("tributary/manifest/v1".utf8) + [0])
    }
}
