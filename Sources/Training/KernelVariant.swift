/// A set of kernels; all of them compute the same bits, at different speeds.
package enum KernelVariant: String, CaseIterable, Sendable {
    /// One value at a time: the oracle, and the fallback on every CPU.
    case scalar
    /// x86-64 with AVX2 and FMA: 8 values at a time.
    case avx2
    /// x86-64 with AVX-512F: 16 values at a time.
    case avx512

    /// Environment variable that names the variant to use in place of the widest one.
    package static let environmentName = "TRIBUTARY_KERNELS"
}
