import AgentClient
import Federation
import Foundation
import TestSupport
import Testing

@Suite("What an agent takes on, and when")
struct RulesTests {
    @Test("The consent file that is written reads back as it was")
    func consentRoundTrip() throws {
        for schema in [nil, Consent.Schema(features: 6, classes: 3)] {
            let consent = Consent(schema: schema)
            #expect(try Consent(text: consent.text) == consent)
        }
    }

    @Test(
        "Each line of the consent file can turn a task down, and says which",
        arguments: [
            ("schema: { features: 7, classes: 3 }", "7"), ("tasks: [mnist, \"digits-*\"]", "tasks"),
            ("proof_levels: [L1, L2]", "proof_levels"), ("reward: { scores: [samples] }", "reward.scores"),
            ("reward: { minimum_per_round: \"1.000001\" }", "minimum_per_round"),
            ("reward: { minimum_pool: \"5.000001\" }", "5.000001 of reward.minimum_pool"),
            ("trust: [open]", "its trust is \"known\", which is not in trust"),
            ("privacy: []", "in the clear), which is not in privacy in consent.yaml"),
            ("privacy: [secure-aggregation, differential-privacy]", "its privacy is \"none\""),
        ])
    func objections(text: String, word: String) throws {
        let task = try Fixtures.task()
        #expect(Consent(schema: nil).objection(to: task, funded: task.reward.pool) == nil)
        #expect(try Consent(text: text).objection(to: task, funded: task.reward.pool)?.contains(word) == true)
    }

    @Test("A consent file without a word on privacy accepts updates in the clear, and no way that there is not yet")
    func privacyByDefault() throws {
        var task = try Fixtures.task()
        let silent = try Consent(text: "tasks: [\"*\"]")
        #expect(silent.privacy == [.inTheClear])
        #expect(silent.objection(to: task, funded: 5_000_000) == nil)
        task.privacy = .secureAggregation
        let objection = silent.objection(to: task, funded: 5_000_000)
        #expect(objection?.contains("its privacy is \"secure-aggregation\", which") == true)
        #expect(try Consent(text: "privacy: [none, secure-aggregation]").objection(to: task, funded: 5_000_000) == nil)
        #expect { try Consent(text: "privacy: [clear]") } throws: {
            "\($0)".contains("a list of none, secure-aggregation, differential-privacy, not \"clear\"")
        }
        #expect { try Consent(text: "privacy: none") } throws: { "\($0)".contains("privacy must be a list") }
        #expect { try Consent(text: "privasy: [none]") } throws: { "\($0)".contains("did you mean \"privacy\"?") }
    }

    @Test("A model that is too large for consent or memory is turned down")
    func size() throws {
        let large = try Fixtures.task(hidden: [400_000])
        let small = try Consent(text: "model: { max_mb: 10 }")
        #expect(small.objection(to: large, funded: 5_000_000)?.contains("max_mb") == true)
        var settings = AgentSettings(threads: 1)
        #expect(settings.objection(to: large) == nil)
        settings.memoryMB = 64
        #expect(settings.objection(to: large)?.contains("memory_mb") == true)
        #expect(settings.objection(to: try Fixtures.task()) == nil)
    }

    @Test("A key that is not known names the nearest one")
    func unknownKeys() {
        #expect { try Consent(text: "taks: [a]") } throws: { "\($0)".contains("did you mean \"tasks\"?") }
        #expect { try AgentSettings(text: "thread: 2", threads: 1) } throws: {
            "\($0)".contains("did you mean \"threads\"?")
        }
        #expect { try AgentSettings(text: "up: 2", threads: 1) } throws: { "\($0)".contains("bandwidth_mbps.up") }
    }

    @Test("Settings are read, and the first file says nothing but the data")
    func settings() throws {
        let text = """
            data: /srv/data
            threads: 3
            memory_mb: 500
            bandwidth_mbps: { up: 0.5, down: 20 }
            hours: "22:00-06:00"
            power: battery_above_40
            nice: 10
            """
        let settings = try AgentSettings(text: text, threads: 1)
        #expect(settings.threads == 3 && settings.memoryMB == 500 && settings.nice == 10)
        #expect(settings.uplinkMbps == 0.5 && settings.downlinkMbps == 20)
        #expect(settings.hours == DailyWindow("22:00-06:00") && settings.power == .batteryAbove(40))
        var expected = AgentSettings(threads: 2)
        #expect(try AgentSettings(text: AgentSettings.firstText(data: nil), threads: 2) == expected)
        expected.data = "/a \"b\" \\c"
        #expect(try AgentSettings(text: AgentSettings.firstText(data: expected.data), threads: 2) == expected)
    }

    @Test(
        "Other data replace those of the settings file, and nothing else in it",
        arguments: [
            ("threads: 2\ndata: /old\n# why\nnice: 3\n", "threads: 2\ndata: \"/new\"\n# why\nnice: 3\n"),
            ("# data: /srv/mydata\nthreads: 2", "data: \"/new\"\nthreads: 2"), ("nice: 3", "data: \"/new\"\nnice: 3"),
            ("", "data: \"/new\"\n"),
        ])
    func otherData(text: String, changed: String) throws {
        #expect(try AgentSettings.text(text, withData: "/new") == changed)
        #expect(try AgentSettings.text(changed, withData: "/new") == changed)
    }

    @Test(
        "A settings file that says it in a way of its own is left alone",
        arguments: ["data: >\n  /old\n", "{ data: /old }", "thread: 2", "\"data\": /old"])
    func dataOfAnotherForm(text: String) {
        #expect(throws: AgentError(.invalidSettings, "")) { try AgentSettings.text(text, withData: "/new") }
    }

    @Test("A trainer's program is held to the standing bounds, and to those that agent.yaml sets in their place")
    func trainerLimits() throws {
        let standing = try AgentSettings(text: "threads: 2", threads: 1).trainerLimits
        #expect(standing == TrainerLimits(threadCount: 2))
        #expect(standing.memoryByteCount == 8 << 30 && standing.wallSeconds == 3_600)
        let text = """
            threads: 3
            memory_mb: 500
            trainer_minutes: 90
            trainer_file_mb: 20
            """
        let set = TrainerLimits(
            wallSeconds: 5_400, memoryByteCount: 500_000_000, fileByteCount: 20_000_000, threadCount: 3)
        #expect(try AgentSettings(text: text, threads: 1).trainerLimits == set)
    }

    @Test(
        "A bound on the trainer that makes no sense is refused with what fits",
        arguments: [
            ("trainer_minutes: 0", "trainer_minutes must be a whole number from 1 to 10080, not \"0\" (line 1)"),
            ("trainer_minutes: { soft: 1 }", "trainer_minutes must be one value"),
            ("trainer_file_mb: 1.5", "trainer_file_mb must be a whole number from 1 to"),
            ("trainer_file: 5", "did you mean \"trainer_file_mb\"?"),
            ("trainer_minute: 5", "did you mean \"trainer_minutes\"?"),
            ("memory_mb: 1", "memory_mb must be a whole number from 16 to"),
        ])
    func trainerBounds(text: String, words: String) {
        #expect { try AgentSettings(text: text, threads: 1) } throws: { "\($0)".contains(words) }
    }

    @Test("Files that somebody damaged give typed errors")
    func fuzz() {
        let consent = Consent(schema: Consent.Schema(features: 6, classes: 3))
        let seeds = [consent.text, AgentSettings.firstText(data: "digits")]
            .map { Array($0.replacing("# ", with: "").utf8) }
        var mutator = Mutator(seed: 11)
        for _ in 0..<Mutator.inputCount {
            let text = String(decoding: mutator.mutate(seeds), as: UTF8.self)
            do throws(AgentError) { _ = try Consent(text: text) } catch { #expect(error.code == .invalidSettings) }
            do throws(AgentError) { _ = try AgentSettings(text: text, threads: 1) } catch {
                #expect(error.code == .invalidSettings)
            }
        }
    }

    @Test(
        "Every minute of the day is in a window or waits for it",
        arguments: [
            "22:00-06:00", "06:00-22:00", "00:00-24:00", "23:59-00:01", "9:05-9:06",
        ])
    func hours(text: String) throws {
        guard text != "00:00-24:00" else {
            #expect(DailyWindow(text) == nil)
            return
        }
        let window = try #require(DailyWindow(text))
        for minute in 0..<1_440 {
            let wait = window.minutesUntilOpen(from: minute)
            #expect((wait == 0) == window.contains(minute: minute))
            #expect(window.contains(minute: (minute + wait) % 1_440))
            if wait > 0 { #expect(!window.contains(minute: (minute + wait - 1) % 1_440)) }
        }
    }

    @Test(
        "Hours and power that make no sense are refused",
        arguments: [
            "", "22", "22:00", "22:00-", "25:00-06:00", "22:60-06:00", "22:00-22:00", "a:00-b:00", "22:00-06:00-07:00",
            "-1:00-06:00", "battery", "battery_above_100", "battery_above_-1", "battery_above_040", "AC",
        ])
    func nonsense(text: String) {
        #expect(DailyWindow(text) == nil)
        #expect(PowerRule(text) == nil)
    }

    @Test("The power supply is read as the kernel shows it")
    func power() throws {
        let temporary = try TemporaryFolder()
        func supply(_ name: String, _ values: [String: String]) throws {
            try FileManager.default.createDirectory(
                atPath: "\(temporary.path)/\(name)", withIntermediateDirectories: true)
            for (key, value) in values { _ = try temporary.write(Array("\(value)\n".utf8), to: "\(name)/\(key)") }
        }
        #expect(PowerSupply(folder: "\(temporary.path)/none") == PowerSupply(isOnMains: true, batteryPercent: nil))
        try supply("mouse", ["type": "Battery", "scope": "Device", "capacity": "3", "status": "Discharging"])
        #expect(PowerSupply(folder: temporary.path) == PowerSupply(isOnMains: true, batteryPercent: nil))
        try supply("BAT0", ["type": "Battery", "capacity": "41", "status": "Discharging"])
        try supply("AC", ["type": "Mains", "online": "0"])
        let onBattery = PowerSupply(folder: temporary.path)
        #expect(onBattery == PowerSupply(isOnMains: false, batteryPercent: 41))
        #expect(PowerRule("any")?.wait(onBattery) == nil)
        #expect(PowerRule("ac")?.wait(onBattery)?.contains("41 %") == true)
        #expect(PowerRule("battery_above_40")?.wait(onBattery) == nil)
        #expect(PowerRule("battery_above_41")?.wait(onBattery) != nil)
        try supply("AC", ["type": "Mains", "online": "1"])
        #expect(PowerSupply(folder: temporary.path).isOnMains)
        #expect(PowerRule("ac")?.wait(PowerSupply(folder: temporary.path)) == nil)
    }

    @Test(
        "Patterns match names as asterisks say",
        arguments: [
            ("*", "", true), ("*", "a", true), ("digits", "digits", true), ("digits", "digits2", false),
            ("dig*", "digits", true), ("*its", "digits", true), ("d*t*s", "digits", true), ("d*x*s", "digits", false),
            ("**a**", "bab", true), ("", "", true), ("", "a", false), ("a*b*c", "axbxbxc", true),
            ("a*bc", "abcb", false),
        ])
    func patterns(pattern: String, name: String, isMatch: Bool) {
        #expect(NamePattern(pattern).matches(name) == isMatch)
    }

    @Test("Waits double up to their cap, with jitter, and the coordinator's word goes first")
    func retries() {
        for random in [0, UInt64.max / 2, .max] {
            var policy = RetryPolicy()
            for failure in 0..<80 {
                let whole = min(AgentLimits.retryFirstMs << UInt64(min(failure, 16)), AgentLimits.retryCapMs)
                #expect((whole / 2...whole).contains(policy.nextWaitMs(retryAfterMs: nil, random: random)))
            }
            #expect((5_000...5_500).contains(policy.nextWaitMs(retryAfterMs: 5_000, random: random)))
            let cap = AgentLimits.retryAfterCapMs
            #expect((cap...cap + cap / 10).contains(policy.nextWaitMs(retryAfterMs: .max, random: random)))
        }
    }
}
