import Foundation
import Testing

@Suite("tributary doctor")
struct DoctorTests {
    /// OpenBLAS's kernel sets, and the CPU flag that each needs beyond the baseline.
    private static let cores = [
        ("Prescott", "pni"), ("Nehalem", "sse4_2"), ("Sandybridge", "avx"), ("Haswell", "avx2"), ("Zen", "avx2"),
        ("SkylakeX", "avx512f"),
    ]

    /// Those that this CPU can run: none where its flags cannot be read.
    private static let runnable: [String] = {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = information.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        let flags = Set(line.split(separator: " ").map(String.init))
        return cores.filter { flags.contains($0.1) }.map(\.0)
    }()

    @Test("Sums and trained models are the same bytes under every BLAS kernel set, and with any number of threads")
    func sameBytesEverywhere() throws {
        let program = try Program()
        let plain = try program.run("doctor", "--json", "--threads", "1")
        #expect(plain.exitCode == 0)
        let expected = try plain.data()["averages"] as? [String: String]
        #expect(expected?.count == 3)
        for core in Self.runnable {
            let outcome = try program.run(
                "doctor", "--json", "--threads", "3", environment: ["OPENBLAS_CORETYPE": core])
            #expect(outcome.exitCode == 0, "\(core)")
            #expect(try outcome.data()["averages"] as? [String: String] == expected, "\(core)")
        }
    }

    @Test("The scalar kernels give the model that the widest ones give")
    func sameModel() throws {
        let program = try Program()
        let widest = try program.run("doctor", "--json").data()
        let scalar = try program.run("doctor", "--json", environment: ["TRIBUTARY_KERNELS": "scalar"]).data()
        #expect(scalar["kernels"] as? String == "scalar")
        #expect(widest["agrees"] as? Bool == true)
        #expect((scalar["training"] as? [String: String]) == (widest["training"] as? [String: String]))
        #expect(Set(((widest["training"] as? [String: String]) ?? [:]).values).count == 1)
    }

    @Test("A simulation with the scalar kernels has the ledger of one with the widest")
    func sameLedger() throws {
        let program = try Program()
        let widest = try program.run("simulate", "--rounds", "2", "--json").data()
        let scalar = try program.run(
            "simulate", "--rounds", "2", "--json", environment: ["TRIBUTARY_KERNELS": "scalar"]
        ).data()
        #expect(widest["ledger_root"] as? String != nil)
        #expect(scalar["ledger_root"] as? String == widest["ledger_root"] as? String)
        #expect(scalar["model_digest"] as? String == widest["model_digest"] as? String)
    }

    @Test("An unknown kernel variant is refused, never replaced in silence")
    func unknownKernels() throws {
        let outcome = try Program().run("doctor", "--json", environment: ["TRIBUTARY_KERNELS": "fastest"])
        #expect(outcome.exitCode == 1)
        #expect((try outcome.json()["ok"] as? Bool) == false)
    }
}
