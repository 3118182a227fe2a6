// swift-tools-version: 6.3
import PackageDescription

/// Swift 6 with strict concurrency; a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// SHA-256 in the lanes of the vector unit; other architectures do without. Debian: libipsec-mb-dev.
#if arch(x86_64)
    let multiBufferLibrary: [LinkerSetting] = [.linkedLibrary("IPSec_MB")]
#else
    let multiBufferLibrary: [LinkerSetting] = []
#endif

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A library target of the house.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one room.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "TestSupport"] + dependencies,
        swiftSettings: strict
    )
}

let package = Package(
    name: "tributary",
    products: [.executable(name: "tributary", targets: ["tributary"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    ],
    targets: [
        // C at the edge: system libraries, and our own kernels and data.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CKernels"),
        .target(name: "CDigits", exclude: ["NOTICE.md"]),
        .target(name: "CMultiBuffer", linkerSettings: multiBufferLibrary),
        // Parameters and arithmetic; digests, keys and commitments.
        room("Tensors", ["CZlib"]),
        room("Attestation", ["CMultiBuffer", "COpenSSL"]),
        // The pay rule: weights, bounds, agreement, merits and settlements in integers.
        room("Rewards"),
        // The four trades: learning, averaging, valuing, book-keeping.
        room("Datasets", ["CDigits", "CZlib", "Tensors"]),
        room("Training", ["CKernels", "Tensors"]),
        room("Aggregation", ["Attestation", "CKernels", "COpenBLAS", "Tensors"]),
        room("Valuation", ["CKernels", "COpenBLAS", "Tensors"]),
        room("Ledger", ["Attestation", "Rewards", "Tensors", grdb, protobuf]),
        // The round engine: a pure state machine, and what it drives.
        room(
            "Federation",
            ["Aggregation", "Attestation", "Ledger", "Rewards", "Tensors", "Training", "Valuation", yams]
        ),
        // I/O from here up: run folders, the simulated world, the auditor.
        room("Runs", ["Attestation", "Federation", "Ledger", "Tensors"]),
        room("Wire", ["Attestation", protobuf]),
        room(
            "Coordination",
            ["Aggregation", "Attestation", "Federation", "Ledger", "Rewards", "Tensors", "Training"]
        ),
        room(
            "Simulation",
            [
                "Aggregation", "Attestation", "Coordination", "Datasets", "Federation", "Ledger", "Rewards", "Runs",
                "Tensors", "Training", "Valuation",
            ]
        ),
        room(
            "Audit",
            [
                "Aggregation", "Attestation", "Datasets", "Federation", "Ledger", "Rewards", "Runs", "Simulation",
                "Tensors", "Training",
            ]
        ),
        room(
            "CoordinatorServer",
            [
                "CLinux", "Attestation", "Coordination", "Federation", "Ledger", "Runs", "Tensors", "Training", "Wire",
                httpTypes, hummingbirdCore, logging, nioCore, nioHTTPTypes, nioPosix, nioSSL, protobuf,
                serviceLifecycle,
                unixSignals,
            ]
        ),
        room(
            "AgentClient",
            [
                "Attestation", "Federation", "Ledger", "Tensors", "Training", "Wire", asyncHTTPClient, nioCore,
                nioHTTP1, nioPosix, nioSSL, protobuf, subprocess, systemPackage,
            ]),
        room(
            "Rehearsal",
            [
                "Attestation", "Federation", "Ledger", "Runs", "Simulation", "Tensors", "Training", "Wire", nioCore,
                nioPosix,
            ]),
        .executableTarget(
            name: "tributary",
            dependencies: [
                "AgentClient", "Coordination", "CoordinatorServer", "Wire", "Aggregation", "Attestation", "Audit",
                "Datasets", "Federation", "Ledger", "Rehearsal", "Rewards", "Runs", "Simulation",
                "Tensors", "Training", "Valuation", "COpenBLAS", argumentParser, logging, nioCore, nioHTTP1, nioPosix,
                nioSSL, protobuf,
            ],
            swiftSettings: strict
        ),
        // Each room's tests, and the tidy test that keeps the floor plan.
        .target(name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "Tensors"], swiftSettings: strict),
        tests(of: "Tensors"),
        tests(of: "Attestation", ["Tensors"]),
        tests(of: "Datasets", ["Tensors"]),
        tests(of: "Training", ["Tensors"]),
        tests(of: "Aggregation", ["Attestation", "Tensors"]),
        tests(of: "Valuation", ["Tensors"]),
        tests(of: "Rewards", ["Tensors"]),
        tests(of: "Ledger", ["Attestation", "Rewards", "Tensors", grdb]),
        tests(
            of: "Federation", ["Aggregation", "Attestation", "Ledger", "Rewards", "Tensors", "Training", "Valuation"]),
        tests(of: "Runs", ["Attestation", "Federation", "Ledger", "Tensors"]),
        tests(of: "Coordination", ["Attestation", "Federation", "Ledger", "Rewards", "Tensors", "Training"]),
        tests(
            of: "Simulation",
            [
                "Aggregation", "Attestation", "Audit", "Coordination", "Datasets", "Federation", "Ledger", "Runs",
                "Tensors", "Training",
            ]),
        tests(
            of: "CoordinatorServer",
            [
                "Attestation", "Coordination", "Federation", "Ledger", "Tensors", "Training", "Wire", asyncHTTPClient,
                logging, nioCore, nioHTTP1, nioPosix, nioSSL, protobuf,
            ]),
        tests(
            of: "Audit",
            [
                "Aggregation", "Attestation", "Datasets", "Federation", "Ledger", "Runs", "Simulation", "Tensors",
                "Training",
            ]),
        tests(of: "Wire", ["Attestation"]),
        tests(
            of: "AgentClient",
            ["Attestation", "Datasets", "Federation", "Ledger", "Tensors", "Training", "Wire", nioCore, protobuf]),
        tests(of: "Rehearsal", [nioCore, nioPosix]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["tributary", "Attestation", "Ledger", "Runs", "Simulation", "TestSupport", "Wire"],
            swiftSettings: strict),
    ]
)
