/// Logarithm and exponential with one fixed sequence of IEEE 754 operations, so that what is drawn from a seed does not
/// depend on the C library at hand (glibc's differ between versions and CPUs in the last bit).
package enum PortableMath {
    /// ln 2 in two parts; the first has its low 32 bits zero, so that a product with a small integer is exact.
    private static let ln2High = 0x1.62e42fee00000p-1
    private static let ln2Low = 0x1.a39ef35793c76p-33

    /// The natural logarithm of a positive, finite, normal number; within 2 units in the last place.
    ///
    /// ln x = k ln 2 + 2 artanh(s) with x = 2^k m, √½ < m ≤ √2, s = (m - 1) / (m + 1), |s| < 0.172; the odd series in s
    /// is cut where the next term is below 2^-60.
    package static func log(_ x: Double) -> Double {
        precondition(x > 0 && x.isNormal, "the logarithm of \(x) is not computed here")
        var exponent = x.exponent
        var mantissa = x.significand
        if mantissa > 1.4142135623730951 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        var series = 0.0
        var denominator = 23.0
        while denominator >= 3 {
            series = (series + 1 / denominator) * square
            denominator -= 2
        }
        let k = Double(exponent)
        return k * ln2High + (k * ln2Low + 2 * (s + s * series))
    }

    /// e to the power `x`, for |x| ≤ 700; within 2 units in the last place.
    ///
    /// e^x = 2^k e^r with |r| ≤ ln 2 / 2, and a Taylor series of 14 terms for e^r.
    package static func exp(_ x: Double) -> Double {
        precondition(abs(x) <= 700, "the exponential of \(x) is not computed here")
        let k = (x / (ln2High + ln2Low)).rounded(.toNearestOrEven)
        let r = (x - k * ln2High) - k * ln2Low
        var series = 1.0
        var divisor = 14.0
        while divisor >= 1 {
            series = 1 + series * (r / divisor)
            divisor -= 1
        }
        return series * Double(sign: .plus, exponent: Int(k), significand: 1)
    }

    /// `base` to a real power, through `exp` and `log`.
    package static func power(_ base: Double, _ exponent: Double) -> Double {
        exp(exponent * log(base))
    }
}
