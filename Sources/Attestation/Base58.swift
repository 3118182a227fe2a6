/// Base 58 with Bitcoin's alphabet (multibase `z`). Meant for keys: cost grows with the square of the length, which
/// `AttestationLimits.base58ByteCount` bounds.
enum Base58 {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The text of the bytes. More bytes than the limit are a programmer's error.
    static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count <= AttestationLimits.base58ByteCount, "\(bytes.count) bytes in base 58")
        let zeros = bytes.prefix { $0 == 0 }.count
        let digits = convert(bytes.dropFirst(zeros), from: 256, to: 58)
        let characters = [UInt8](repeating: alphabet[0], count: zeros) + digits.map { alphabet[Int($0)] }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes of the text, or nil if it is past the limit or has a character outside the alphabet.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count <= AttestationLimits.base58ByteCount else { return nil }
        var digits: [UInt8] = []
        for character in text {
            guard let value = values[Int(character)] else { return nil }
            digits.append(value)
        }
        let zeros = digits.prefix { $0 == 0 }.count
        return [UInt8](repeating: 0, count: zeros) + convert(digits.dropFirst(zeros), from: 58, to: 256)
    }

    /// A number's digits in another base, most significant first, without leading zeros.
    private static func convert(_ digits: ArraySlice<UInt8>, from: Int, to: Int) -> [UInt8] {
        var result: [UInt8] = []
        for digit in digits {
            var carry = Int(digit)
            for index in result.indices {
                carry += Int(result[index]) * from
                result[index] = UInt8(carry % to)
                carry /= to
            }
            while carry > 0 {
                result.append(UInt8(carry % to))
                carry /= to
            }
        }
        return result.reversed()
    }
}
