/// Reads decimal numbers from bytes.
enum DecimalNumber {
    /// The powers of ten that float64 holds exactly.
    private static let powers = sequence(first: 1.0) { $0 * 10 }.prefix(23).map { $0 }

    /// The float64 nearest to a decimal number: sign, digits with at most one point, exponent; blanks around it are
    /// ignored. Nil for anything else, NaN and infinities included.
    ///
    /// Up to 2^53 times or divided by a power of ten up to 10^22 is one correctly rounded operation (Clinger 1990); the
    /// rest goes through the standard library.
    static func value(of bytes: UnsafeRawBufferPointer) -> Double? {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        var position = start
        let isNegative = position < end && bytes[position] == UInt8(ascii: "-")
        if isNegative || position < end && bytes[position] == UInt8(ascii: "+") { position += 1 }
        var mantissa: UInt64 = 0
        var digitCount = 0
        var exponent = 0
        var isExact = true
        var hasPoint = false
        while position < end {
            if let digit = bytes[position].decimalDigit {
                digitCount += 1
                if mantissa < (1 << 53) / 10 - 1 {
                    mantissa = mantissa * 10 + UInt64(digit)
                    if hasPoint { exponent -= 1 }
                } else {
                    isExact = false
                }
            } else if bytes[position] == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            position += 1
        }
        guard digitCount > 0 else { return nil }
        if position < end {
            guard let power = self.exponent(of: UnsafeRawBufferPointer(rebasing: bytes[position..<end])) else {
                return nil
            }
            exponent += power
        }
        guard isExact, (-22...22).contains(exponent) else {
            let value = Double(String(decoding: bytes[start..<end], as: UTF8.self))
            return value.flatMap { $0.isFinite ? $0 : nil }
        }
        let whole = Double(mantissa)
        let value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent]
        return isNegative ? -value : value
    }

    /// The exponent of text such as "e-3", or nil for other text; beyond ±99,999 it stays there.
    private static func exponent(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes[0] | 0x20 == UInt8(ascii: "e"), bytes.count > 1 else { return nil }
        let isNegative = bytes[1] == UInt8(ascii: "-")
        let start = isNegative || bytes[1] == UInt8(ascii: "+") ? 2 : 1
        guard start < bytes.count else { return nil }
        var value = 0
        for byte in bytes[start...] {
            guard let digit = byte.decimalDigit else { return nil }
            value = min(value * 10 + Int(digit), 99_999)
        }
        return isNegative ? -value : value
    }
}

extension UInt8 {
    /// The value of an ASCII decimal digit, or nil for another byte.
    fileprivate var decimalDigit: UInt8? {
        let digit = self &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }
}
