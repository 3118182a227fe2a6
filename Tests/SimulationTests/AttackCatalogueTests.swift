import Federation
import Simulation
import Testing

@Suite("The catalogue of attacks")
struct AttackCatalogueTests {
    @Test("Rows have names of their own, and every kind that cheats has one")
    func completeness() {
        let rows = AttackCatalogue.rows
        #expect(Set(rows.map(\.name)).count == rows.count)
        let shown = Set(rows.flatMap(\.populations).map(\.kind))
        let missing = Population.Kind.allCases.filter { $0.cheats && !shown.contains($0) }
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test("Each row is a scenario beside any number of honest participants", arguments: [4, 10])
    func scenarios(honest: Int) throws {
        for row in AttackCatalogue.rows {
            var scenario = try Scenario(text: SmallScenario().text, featureCount: 64, classCount: 10)
            scenario.populations = row.populations(besideHonest: honest)
            let again = try Scenario(text: scenario.text, featureCount: 64, classCount: 10)
            #expect(again.populations == scenario.populations, "\(row.name)")
            #expect(again.participantCount == honest + row.keyCount)
        }
    }

    @Test("The thresholds are those that pay under trust open is held to")
    func thresholds() {
        func limit(_ name: String) -> AttackRow.Limit? { AttackCatalogue.rows.first { $0.name == name }?.limit }
        #expect(limit("noise") == .share(0.35))
        #expect(limit("five replayers") == .share(0.05))
        #expect(limit("two keys, plus and minus old steps, 100 times") == .share(0.05))
        #expect(limit("five keys of junk and undo") == .share(0.10))
        #expect(limit("claims 100 times its examples") == .share(1.35))
        #expect(limit("copy of another's update") == .refused)
        for row in AttackCatalogue.rows {
            if row.keyCount == 1 { #expect(row.accuracyFloor == 0.9, "\(row.name)") }
            if row.isOracle { #expect(row.limit == .refused || row.limit == .measured, "\(row.name)") }
        }
    }
}

@Suite("Attacks in scenario files")
struct AttackSettingTests {
    private func populations(_ entry: String) throws -> [Population] {
        var scenario = SmallScenario()
        scenario.participants = ["kind: honest, count: 4", entry]
        return try Scenario(text: scenario.text, featureCount: 64, classCount: 10).populations
    }

    @Test("Every setting that a kind takes is read and written", arguments: Population.Kind.allCases)
    func settings(kind: Population.Kind) throws {
        let values: [Population.Setting: String] = [
            .scale: "2.5", .noise: "0.75", .lag: "4", .kick: "0.25", .rounds: "7", .examples: "33", .factor: "1.5",
            .claims: "12.5", .toBound: "true",
        ]
        let words = kind.takes.map { setting in
            ", \(setting.rawValue): \(values[setting] ?? kind.variants.last?.rawValue ?? "")"
        }
        let found = try populations("kind: \(kind.rawValue), units: 8" + words.joined())[1]
        #expect(found.units == 8)
        #expect(kind.takes.isEmpty || found != Population(kind: kind, count: 1, units: 8, dropOut: found.dropOut))
        var scenario = try Scenario(text: SmallScenario().text, featureCount: 64, classCount: 10)
        scenario.populations.append(found)
        let again = try Scenario(text: scenario.text, featureCount: 64, classCount: 10)
        #expect(again.populations == scenario.populations)
    }

    @Test("A member has four units unless the file gives it one to eight")
    func units() throws {
        #expect(try populations("kind: zero")[1].units == 4)
        #expect(try populations("kind: zero, units: 1")[1].units == 1)
        for units in ["0", "9", "-1", "1.5"] {
            #expect(throws: FederationError(.invalidValue, "")) { try populations("kind: zero, units: \(units)") }
        }
    }

    @Test("A setting that a kind does not take is refused, with what it takes")
    func foreign() {
        for (entry, word) in [
            ("kind: honest, factor: 3", "no settings"), ("kind: history, factor: 3", "lag, scale, to_bound"),
            ("kind: copy, scale: 3", "variant, noise"),
        ] {
            do {
                _ = try populations(entry)
                Issue.record("\(entry) was taken")
            } catch {
                #expect("\(error)".contains(word), "\(error)")
            }
        }
    }

    @Test("Values out of range and words that name nothing are refused")
    func badValues() {
        for entry in [
            "kind: history, lag: 0", "kind: history, lag: 9", "kind: scaled, factor: -1", "kind: scaled, factor: nan",
            "kind: claims, claims: 1e12", "kind: copy, variant: matched", "kind: history, to_bound: yes",
            "kind: reconstruct, examples: 0", "kind: sleeper, rounds: 0", "kind: pair-historie",
        ] {
            #expect(throws: FederationError(.invalidValue, ""), "\(entry)") { try populations(entry) }
        }
    }

    @Test("Pictures of digits are refused where the data are none")
    func pictures() {
        var scenario = SmallScenario()
        scenario.participants = ["kind: honest, count: 4", "kind: public-data"]
        #expect(throws: FederationError(.inconsistentConfiguration, "")) {
            try Scenario(text: scenario.text, featureCount: 784, classCount: 10)
        }
    }
}
