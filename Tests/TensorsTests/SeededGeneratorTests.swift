import Tensors
import Testing

/// The words were computed by another implementation of SplitMix64 and xoshiro256** that gives the published outputs
/// for its authors' test seeds (xoshiro256** from state 1, 2, 3, 4: 11520, 0, 1509978240, …).
@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("The stream is xoshiro256** over a SplitMix64 key of seed, name and indices")
    func matchesReference() {
        var partition = SeededGenerator(seed: 42, stream: "partition")
        #expect(
            (0..<4).map { _ in partition.next() } == [
                0x7A88_281C_046E_51E1, 0xF4AD_7EAB_F35E_CB4D, 0xB714_AE09_47E1_D46C, 0x315B_BAF0_0A8E_581A,
            ]
        )
        var indexed = SeededGenerator(seed: 0, stream: "x", 1, 2)
        #expect(
            (0..<4).map { _ in indexed.next() } == [
                0xC9DB_B56F_F380_28F0, 0x992E_4AED_412B_5B67, 0x8782_EB1C_96FF_6B6C, 0x273F_7B89_9159_CD45,
            ]
        )
        var negative = SeededGenerator(seed: .max, stream: "fuzz", -1)
        #expect(
            (0..<4).map { _ in negative.next() } == [
                0xAD84_0B60_217A_BB68, 0x6FBF_F0DE_BACD_C7D6, 0x9DEA_3C34_5D9B_4F24, 0x370D_ED70_515D_F342,
            ]
        )
    }

    @Test("A permutation contains every number once, and all orders of three come up evenly")
    func permutationsAreFair() {
        var generator = SeededGenerator(seed: 1, stream: "test")
        #expect(generator.permutation(of: 100).sorted() == Array(0..<100))
        var counts: [[Int]: Int] = [:]
        for _ in 0..<60_000 { counts[generator.permutation(of: 3), default: 0] += 1 }
        #expect(counts.count == 6)
        // Five standard deviations of a binomial of 60,000 and 1/6 are 457.
        #expect(counts.values.allSatisfy { abs($0 - 10_000) < 457 })
    }

    @Test("Normal values have mean 0, variance 1, and 4.55 % beyond two deviations")
    func normalMoments() {
        var generator = SeededGenerator(seed: 2, stream: "test")
        let values = (0..<200_000).map { _ in generator.nextNormal() }
        let mean = values.reduce(0, +) / 200_000
        let variance = values.reduce(0) { $0 + $1 * $1 } / 200_000
        let tail = Double(values.filter { abs($0) > 2 }.count) / 200_000
        #expect(abs(mean) < 0.012)
        #expect(abs(variance - 1) < 0.016)
        #expect(abs(tail - 0.0455) < 0.0024)
    }

    @Test("Units lie in 0..<1 and indices below their bound")
    func staysInRange() {
        var generator = SeededGenerator(seed: 3, stream: "test")
        for _ in 0..<10_000 {
            #expect((0..<1).contains(generator.nextUnit()))
            #expect((0..<7).contains(generator.nextIndex(below: 7)))
        }
    }
}
