import Federation
import Tensors
import Testing

@Suite("Nats in files")
struct NatAmountTests {
    @Test(
        "Decimal nats with at most twelve places are units of 10^-12",
        arguments: [
            ("0", 0), ("1", 1_000_000_000_000), ("1.1", 1_100_000_000_000), ("0.000000000001", 1),
            ("2.302585092994", 2_302_585_092_994), ("007.50", 7_500_000_000_000),
            ("18446744.073709551615", UInt64.max),
        ] as [(String, UInt64)])
    func units(text: String, units: UInt64) {
        #expect(NatAmount.units(text) == units)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", ".", "1.", ".5", "-1", "-0", "+1", "+1.5", "1e3", "1,5", "1.2.3", " 1", "1 ", "0.0000000000001",
            "1.-5", "1.+5", "1.x", "x", "18446744.073709551616", "18446745", "99999999999999999999999", "١", "1.١",
            "nan", "0x10",
        ])
    func none(text: String) {
        #expect(NatAmount.units(text) == nil)
    }

    @Test("Units are written without zeros at the end, and read back")
    func text() {
        #expect(NatAmount.text(0) == "0")
        #expect(NatAmount.text(1_151_292_546_497) == "1.151292546497")
        #expect(NatAmount.text(1_100_000_000_000) == "1.1")
        #expect(NatAmount.text(1) == "0.000000000001")
        #expect(NatAmount.text(.max) == "18446744.073709551615")
        var generator = SeededGenerator(seed: 1, stream: "nats")
        for _ in 0..<10_000 {
            let units = generator.next() >> UInt64(generator.nextIndex(below: 64))
            #expect(NatAmount.units(NatAmount.text(units)) == units)
        }
    }
}
