import Datasets
import Federation
import Foundation
import Ledger
import Runs
import Simulation
import Testing

@Suite("Scenario files")
struct ScenarioTests {
    /// The scenarios that come with the program.
    private static let shipped: [URL] = {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("Simulations/scenarios")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }()

    private static func scenario(_ text: String) throws -> Scenario {
        try Scenario(text: text, featureCount: 64, classCount: 10)
    }

    /// The smallest scenario with some lines more.
    private static func scenario(adding lines: String...) throws -> Scenario {
        try scenario(
            (["name: tiny", "cohort: { size: 2 }"] + lines).joined(separator: "\n")
                + (lines.contains { $0.hasPrefix("participants") }
                    ? "\n" : "\nparticipants: [ { kind: honest, count: 4 } ]\n"))
    }

    @Test("Every scenario that comes with the program is read, and says again what it said")
    func shippedScenarios() throws {
        #expect(Self.shipped.count >= 7)
        for url in Self.shipped {
            let text = try String(contentsOf: url, encoding: .utf8)
            let features = try Scenario.dataRule(in: text).source == .digits ? 64 : 784
            let scenario = try Scenario(text: text, featureCount: features, classCount: 10)
            #expect(scenario.task.name == url.deletingPathExtension().lastPathComponent)
            let again = try Scenario(text: scenario.text, featureCount: features, classCount: 10)
            #expect(again.text == scenario.text, "\(url.lastPathComponent)")
            #expect(again.task == scenario.task)
        }
    }

    @Test("The embedded default is digits-default.yaml, byte for byte")
    func embeddedDefault() throws {
        let url = try #require(Self.shipped.first { $0.lastPathComponent == "digits-default.yaml" })
        #expect(try String(contentsOf: url, encoding: .utf8) == Scenario.defaultText)
    }

    @Test("What is left out has the documented defaults")
    func defaults() throws {
        let scenario = try Self.scenario(adding: "seed: 3")
        #expect(scenario.data == .digits)
        #expect(scenario.validationCount == 300)
        #expect(scenario.testCount == 300)
        #expect(scenario.partitioner == .iid)
        #expect(scenario.network == Scenario.Network())
        #expect(scenario.retention == .all)
        #expect(scenario.diskBudgetByteCount == 2_048 << 20)
        #expect(scenario.cap == 1_000_000_000_000)
        #expect(scenario.task.reward.pool == 1_000_000_000)
        #expect(scenario.task.reward.targetDrop == 1_151_292_546_497)
        #expect(scenario.task.trust == .known)
        #expect(scenario.task.disclosure == .afterClose)
        #expect(scenario.task.weights == WeightRule())
        #expect(scenario.task.closeAfterSeconds == 86_400)
        #expect(scenario.participantCount == 4)
        #expect(scenario.task.seed == 3)
    }

    @Test("The data section names the source and how many examples are held back")
    func data() throws {
        let folder = try Self.scenario(
            adding: #"data: { source: folder, path: "a \"b\" \\ c", validation: 7, test: 9 }"#)
        #expect(folder.data == .path(#"a "b" \ c"#))
        #expect(folder.validationCount == 7)
        #expect(folder.testCount == 9)
        #expect(try Self.scenario(folder.text).data == folder.data)
        #expect(try Self.scenario(adding: "data: { path: here }").data == .path("here"), "who names a path means it")
    }

    @Test("Every way of dealing out the data is read and written")
    func partitions() throws {
        let ways: [(String, Partitioner)] = [
            ("rule: iid", .iid), ("rule: shards", .shards(perParticipant: 2)),
            ("rule: shards, shards: 5", .shards(perParticipant: 5)),
            ("rule: dirichlet, alpha: 0.25, minimum: 3", .dirichlet(alpha: 0.25, minimumCount: 3)),
            ("rule: quantity, alpha: 2", .quantitySkew(alpha: 2)), ("rule: natural", .naturalKey),
            ("rule: natural, deal: in-order", .naturalKeyInOrder),
        ]
        for (text, partitioner) in ways {
            let scenario = try Self.scenario(adding: "partition: { \(text) }")
            #expect(scenario.partitioner == partitioner)
            #expect(try Self.scenario(scenario.text).partitioner == partitioner)
        }
    }

    @Test("Every kind of participant is read and written, with all that is said of it")
    func populations() throws {
        for kind in Population.Kind.allCases {
            let scenario = try Self.scenario(
                adding:
                    "participants: [ { kind: honest, count: 2 }, { kind: \(kind.rawValue), count: 3, speed: 0.5, "
                    + "drop_out: 0.25, late: 0.125, noise: 0.75 } ]")
            let expected = Population(kind: kind, count: 3, speed: 0.5, dropOut: 0.25, late: 0.125, noise: 0.75)
            #expect(scenario.populations[1] == expected)
            #expect(try Self.scenario(scenario.text).populations == scenario.populations)
        }
        let dropOut = try Self.scenario(adding: "participants: [ { kind: drop-out, count: 3 } ]").populations[0]
        #expect(dropOut.dropOut == 0.5)
    }

    @Test("The network section is read and written")
    func network() throws {
        let scenario = try Self.scenario(
            adding: "network: { latency_ms: 1.5, jitter_ms: 2, bandwidth_mbps: 3, duplicate: 0.5, seed: 9 }")
        let expected = Scenario.Network(
            latencyMs: 1.5, jitterMs: 2, bandwidthMbps: 3, duplicate: 0.5, seed: 9)
        #expect(scenario.network == expected)
        #expect(try Self.scenario(scenario.text).network == expected)
    }

    @Test("The updates section is read and written")
    func updates() throws {
        let rules: [(String, RetentionRule)] = [
            ("retain: all", .all), ("retain: none", .none), ("retain: last, last: 7", .lastRounds(7)),
            ("retain: last", .lastRounds(20)),
        ]
        for (text, rule) in rules {
            let scenario = try Self.scenario(adding: "updates: { \(text), disk_budget_mb: 3 }")
            #expect(scenario.retention == rule)
            #expect(scenario.diskBudgetByteCount == 3 << 20)
            let again = try Self.scenario(scenario.text)
            #expect(again.retention == rule)
            #expect(again.diskBudgetByteCount == 3 << 20)
            #expect(again.task.retain == scenario.task.retain)
        }
    }

    @Test("A scenario's task promises what its updates section keeps, if the disk budget has room for it, else nothing")
    func promise() throws {
        let rules: [(String, UpdatePromise)] = [
            ("retain: all", .all), ("retain: none", .none), ("retain: last, last: 7", .lastRounds(7)),
            ("retain: last, last: 60000", .none),
        ]
        for (text, promise) in rules {
            let rounds = text.contains("60000") ? "rounds: 60000\n" : ""
            let scenario = try Self.scenario(adding: rounds + "updates: { \(text), disk_budget_mb: 3 }")
            #expect(scenario.task.retain == promise, "\(text)")
            #expect(scenario.task.text.contains("retain: ") == (promise != .all))
            #expect(try Self.scenario(scenario.text).task == scenario.task)
        }
        let error = #expect(throws: FederationError.self) { try Self.scenario(adding: "retain: all") }
        #expect(error?.hint?.contains("updates:") ?? false)
    }

    @Test("Cap and pool are amounts of tokens, and a pool is within the cap, whoever pays it")
    func money() throws {
        let scenario = try Self.scenario(
            adding: #"reward: { source: sponsor, sponsor: acme, cap: "2000", pool: "12.5", target_drop: 0.25 }"#)
        #expect(scenario.cap == 2_000_000_000)
        #expect(scenario.task.reward.pool == 12_500_000)
        #expect(scenario.task.reward.targetDrop == 250_000_000_000)
        #expect(scenario.task.reward.sponsor?.text == "sponsor/acme")
        #expect(try Self.scenario(scenario.text).task.reward == scenario.task.reward)
        for source in ["sponsor", "emission"] {
            #expect(throws: FederationError(.inconsistentConfiguration, "")) {
                try Self.scenario(adding: #"reward: { source: \#(source), cap: "1", pool: "2" }"#)
            }
        }
        #expect(throws: FederationError(.inconsistentConfiguration, "")) {
            try Self.scenario(adding: #"reward: { cap: "70" }"#)
        }
    }

    @Test("Words of rules version 1 are refused, each with what to write instead")
    func oldWords() {
        let words: [(line: String, instead: [String])] = [
            ("reward: { score: path }", ["score: value", "trust: known", "trust: open"]),
            ("reward: { score: path-novel }", ["score: value", "trust: open"]),
            (#"rounds: 30\nreward: { pool_per_round: "2.5" }"#, [#"pool: "75.000000""#]),
            ("reward: { epoch_rounds: 5 }", ["once, at its close", "leave it out"]),
            (#"reward: { source: sponsor, escrow: "5" }"#, ["whole pool", "leave it out"]),
            ("trust: proved", ["level L2", "trust: open", "trust: known"]),
        ]
        for (line, instead) in words {
            do {
                _ = try Self.scenario(adding: line.replacing(#"\n"#, with: "\n"))
                Issue.record("\(line) was taken")
            } catch {
                for part in instead { #expect("\(error)".contains(part), "\(line): \(error)") }
            }
        }
    }

    @Test("Under trust open everybody is invited, and neither claims nor live scores are taken")
    func openTrust() throws {
        let open = try Self.scenario(
            "name: o\ntrust: open\ncohort: { size: 4 }\nparticipants: [ { kind: honest, count: 4 } ]\n")
        #expect(open.task.trust == .open)
        #expect(try Self.scenario(open.text).task == open.task)
        for (line, hint) in [
            ("cohort: { size: 3 }", "cohort.size 4"), ("reward: { score: samples }", "score: value"),
            ("weights: { weighting: claimed }", "trust: known"), ("disclosure: live", "trust: known"),
        ] {
            let size = line.hasPrefix("cohort") ? "" : "cohort: { size: 4 }\n"
            do {
                _ = try Self.scenario(
                    "name: o\ntrust: open\n\(size)\(line)\nparticipants: [ { kind: honest, count: 4 } ]\n")
                Issue.record("\(line) was taken")
            } catch {
                #expect("\(error)".contains(hint), "\(line): \(error)")
            }
        }
    }

    @Test("An unknown key is refused, and the nearest known one named")
    func unknownKeys() {
        let mistakes: [(line: String, key: String, nearest: String)] = [
            ("netwrok: { }", "netwrok", "network"), ("network: { latency: 4 }", "network.latency", "latency_ms"),
            ("network: { jiter_ms: 4 }", "network.jiter_ms", "jitter_ms"),
            ("data: { sorce: digits }", "data.sorce", "source"),
            ("partition: { rul: iid }", "partition.rul", "rule"),
            ("updates: { retian: all }", "updates.retian", "retain"), ("round: 3", "round", "rounds"),
            ("reward: { scor: value }", "reward.scor", "score"),
            ("participants: [ { kind: honest, cuont: 3 } ]", "cuont", "count"),
        ]
        for mistake in mistakes {
            do {
                _ = try Self.scenario(adding: mistake.line)
                Issue.record("\(mistake.line) was taken")
            } catch let error as FederationError {
                #expect(error.code == .unknownKey)
                #expect(error.message.contains(mistake.key), "\(error)")
                #expect((error.hint ?? "").contains(mistake.nearest), "\(error)")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("Values that cannot be are refused")
    func badValues() {
        let lines: [(String, FederationError.Code)] = [
            ("data: { source: digits, path: here }", .invalidValue), ("data: { source: folder }", .missingKey),
            ("data: { source: internet }", .invalidValue),
            ("data: { validation: 0 }", .invalidValue), ("partition: { rule: ii }", .invalidValue),
            ("partition: { rule: shards, shards: 0 }", .invalidValue),
            ("partition: { rule: dirichlet, alpha: 0 }", .invalidValue), ("participants: []", .missingKey),
            ("participants: [ { count: 3 } ]", .missingKey),
            ("participants: [ { kind: honest, count: 0 } ]", .invalidValue),
            ("participants: [ { kind: honest, count: 20000 } ]", .invalidValue),
            (
                "participants: [ { kind: honest, count: 6000 }, { kind: zero, count: 6000 } ]",
                .inconsistentConfiguration
            ),
            ("participants: [ { kind: zero, count: 3 } ]", .inconsistentConfiguration),
            ("participants: [ { kind: honest, count: 2, drop_out: 1.5 } ]", .invalidValue),
            ("network: { bandwidth_mbps: 0 }", .invalidValue), ("network: { latency_ms: nan }", .invalidValue),
            ("network: { jitter_ms: inf }", .invalidValue), ("updates: { retain: some }", .invalidValue),
            ("updates: { disk_budget_mb: 0 }", .invalidValue), ("reward: { target_drop: 0 }", .invalidValue),
            ("reward: { pool: \"0\" }", .invalidValue), ("weights: { bound: 0 }", .invalidValue),
            ("weights: { units: { x: 9 } }", .invalidValue), ("weights: { units: { x: 0 } }", .invalidValue),
            ("reward: { score: none, pool: \"1\" }", .inconsistentConfiguration),
            ("reward: { score: samples, paid_rounds: first }", .inconsistentConfiguration),
            ("reward: { unproved_pay: yes }", .invalidValue), ("reward: { cap: \"-1\" }", .invalidValue),
            ("participants: { kind: honest }", .invalidValue), ("network: 5", .invalidValue),
        ]
        for (line, code) in lines {
            do {
                _ = try Self.scenario(adding: line)
                Issue.record("\(line) was taken")
            } catch let error as FederationError {
                #expect(error.code == code, "\(line): \(error)")
                #expect(!error.message.isEmpty)
            } catch {
                Issue.record("\(line): \(error)")
            }
        }
    }

    @Test("A quorum that no round could reach is refused")
    func quorum() {
        #expect(throws: FederationError(.inconsistentConfiguration, "")) {
            try Self.scenario("name: q\ncohort: { size: 9, quorum: 5 }\nparticipants: [ { kind: honest, count: 4 } ]\n")
        }
    }
}
