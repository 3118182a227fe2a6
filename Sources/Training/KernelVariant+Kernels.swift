internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension KernelVariant {
    /// Whether this build and this CPU have the variant.
    package var isSupported: Bool { tk_kernels_for(cValue) != nil }

    /// The widest variant that this build and this CPU have.
    package static var best: KernelVariant {
        switch tk_best_variant() {
        case TK_VARIANT_AVX512: .avx512
        case TK_VARIANT_AVX2: .avx2
        default: .scalar
        }
    }

    /// The variant of that name, or the widest one if there is no name.
    ///
    /// - Throws: `TrainingError` with code `unsupportedKernels` if the name is unknown, or this build or this CPU does
    ///   not have the variant: a name is an explicit wish, and never replaced silently.
    package static func named(_ name: String?) throws(TrainingError) -> KernelVariant {
        guard let name, !name.isEmpty else { return best }
        guard let variant = KernelVariant(rawValue: name) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError(
                .unsupportedKernels,
                "no kernels are called \"\(name)\"; set \(environmentName) to one of \(known), or unset it"
            )
        }
        guard variant.isSupported else {
            throw TrainingError(
                .unsupportedKernels,
                "this machine cannot run the \(name) kernels; unset \(environmentName) to use \(best.rawValue)"
            )
        }
        return variant
    }

    /// The variant that the environment names, or the widest one. The environment is read once a process.
    ///
    /// - Throws: `TrainingError` with code `unsupportedKernels`, as `named(_:)`.
    package static func selected() throws(TrainingError) -> KernelVariant {
        try environmentChoice.get()
    }

    private static let environmentChoice: Result<KernelVariant, TrainingError> = {
        let name = unsafe getenv(environmentName).map { unsafe String(cString: $0) }
        return Result { () throws(TrainingError) in try named(name) }
    }()

    /// The kernels themselves.
    ///
    /// - Throws: `TrainingError` with code `unsupportedKernels` if this build or this CPU does not have the variant.
    func kernels() throws(TrainingError) -> tk_kernels {
        guard let table = unsafe tk_kernels_for(cValue) else {
            throw TrainingError(.unsupportedKernels, "this machine cannot run the \(rawValue) kernels")
        }
        return unsafe table.pointee
    }

    private var cValue: tk_variant {
        switch self {
        case .scalar: TK_VARIANT_SCALAR
        case .avx2: TK_VARIANT_AVX2
        case .avx512: TK_VARIANT_AVX512
        }
    }
}
