/// The floor plan that the tidy test keeps: which module stands on which, and the bounds on what people write.
enum FloorPlan {
    /// The targets bottom-up, a floor a line. A module imports what stands on a floor below or, on its own, before it.
    static let floors: [[String]] = [
        ["CLinux", "COpenBLAS", "COpenSSL", "CZlib", "CDigits", "CKernels", "CMultiBuffer"],
        ["Tensors", "Attestation", "Rewards"],
        ["Datasets", "Training", "Aggregation", "Valuation", "Ledger"],
        ["Federation"],
        ["Runs", "Wire"],
        ["Coordination"],
        ["CoordinatorServer", "AgentClient"],
        ["Simulation", "Audit", "Rehearsal"],
        ["tributary"],
    ]

    /// C modules, and how the names of the only files that import them end.
    static let cModuleSuffixes: [String: [String]] = [
        "CLinux": ["+POSIX"],
        "COpenBLAS": ["+OpenBLAS"],
        "COpenSSL": ["+OpenSSL"],
        "CZlib": ["+Zlib"],
        "CKernels": ["+Kernels"],
        "CFold": ["+Kernels"],
        "CDigits": ["+CDigits", "+Digits"],
        "CMultiBuffer": ["+MultiBuffer"],
    ]

    /// Modules that a target holds besides the one of its own name.
    static let targetOfModule: [String: String] = ["CFold": "CKernels"]

    /// Modules without a test target of their own: other people's libraries and our way in (CMultiBuffer is tested
    /// with the digests that it makes), data, and the executable.
    static let untestedTargets: Set<String> = [
        "CLinux", "COpenBLAS", "COpenSSL", "CZlib", "CDigits", "CMultiBuffer", "tributary",
    ]

    /// What comes with the toolchain and needs no entry in the manifest.
    static let toolchainModules: Set<String> = [
        "Swift", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Dispatch", "Synchronization",
        "Testing",
    ]

    /// The executable, which alone may print.
    static let executable = "tributary"

    /// Source files that may be as long as a test file, each with its reason.
    static let longFiles: Set<String> = []

    static let sourceLineLimit = 500
    static let testLineLimit = 600
    static let functionLineLimit = 70
    static let columnLimit = 120

    /// Place of a target in the flattened plan, or nil for a target that is not in it.
    static func place(of target: String) -> Int? {
        floors.flatMap { $0 }.firstIndex(of: target)
    }
}
