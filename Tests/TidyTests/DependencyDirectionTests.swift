import Testing

@Suite("Arrows point down")
struct DependencyDirectionTests {
    let repository = Repository.checkout
    var manifest: Manifest { Manifest(repository.text("Package.swift") ?? "") }
    var sources: [Repository.TextFile] { repository.textFiles(below: "Sources", suffixes: ["swift"]) }

    @Test("Every target of the manifest has its place in the floor plan")
    func everyTargetHasItsPlace() {
        let targets = manifest.targets.filter { $0.kind != .testTarget && $0.name != "TestSupport" }
        #expect(!targets.isEmpty, "no target was read from Package.swift; declare them literally")
        for target in targets {
            #expect(FloorPlan.place(of: target.name) != nil, "\(target.name): add it to FloorPlan.floors, on its floor")
        }
    }

    @Test("A target depends on targets below it only")
    func dependenciesPointDown() {
        for target in manifest.targets {
            guard let place = FloorPlan.place(of: target.name) else { continue }
            for dependency in target.dependencies {
                guard let below = FloorPlan.place(of: dependency) else { continue }
                #expect(below < place, "Package.swift: \(target.name) depends on \(dependency), which stands above it")
            }
        }
    }

    @Test("A source file imports what its target declares, from below")
    func importsAreDeclared() {
        let targets = manifest.targetsByName
        for file in sources {
            guard let module = file.module, let target = targets[module] else { continue }
            for imported in SwiftText(file.text).imports where !FloorPlan.toolchainModules.contains(imported) {
                let name = FloorPlan.targetOfModule[imported] ?? imported
                let isDeclared = target.dependencies.contains(name)
                #expect(isDeclared, "\(file.path): \(module) does not declare \(name)")
                if let below = FloorPlan.place(of: name), let place = FloorPlan.place(of: module) {
                    #expect(below < place, "\(file.path): imports \(name), which stands above \(module)")
                }
            }
        }
    }

    @Test("A C module is imported only by files whose name says so")
    func cModulesStayAtTheEdge() {
        for file in sources {
            for name in SwiftText(file.text).imports {
                guard let suffixes = FloorPlan.cModuleSuffixes[name] else { continue }
                #expect(
                    suffixes.contains { file.baseName.hasSuffix($0) },
                    "\(file.path): imports \(name), so its name has to end in \(suffixes[0])"
                )
            }
        }
    }

    @Test("Every module has its tests")
    func everyModuleHasTests() {
        let testTargets = Set(manifest.targets.filter { $0.kind == .testTarget }.map(\.name))
        for module in repository.folders(in: "Sources") where !FloorPlan.untestedTargets.contains(module) {
            let tests = repository.paths(below: "Tests/\(module)Tests").filter { $0.hasSuffix(".swift") }
            #expect(!tests.isEmpty, "Sources/\(module) has no Tests/\(module)Tests")
            let isDeclared = testTargets.contains("\(module)Tests")
            #expect(isDeclared, "Package.swift has no test target \(module)Tests")
        }
    }

    @Test("No module holds a type of its own name")
    func noTypeHasItsModulesName() {
        for file in sources where file.module != nil {
            let words = SwiftText(file.text).words
            for (keyword, name) in zip(words, words.dropFirst())
            where ["struct", "class", "enum", "actor", "protocol", "typealias"].contains(keyword.text) {
                #expect(name.text != file.module, "\(file.path): a type named after its module hides the module")
            }
        }
    }
}
