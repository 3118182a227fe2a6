import Testing
import Valuation

@Suite("The unit of scores")
struct ScoreUnitTests {
    @Test("A nat is 10^12 units, and half a unit rounds to even")
    func rounding() throws {
        #expect(try ScoreUnit.units(ofNats: 1) == 1_000_000_000_000)
        #expect(try ScoreUnit.units(ofNats: -0.0) == 0)
        #expect(try ScoreUnit.units(ofNats: 2.302585092994046) == 2_302_585_092_994)
        #expect(try ScoreUnit.units(ofNats: 0x1p-13 * 15.625) == 1_907_348_633)
    }

    @Test("What is not finite or has no place in 64 bits is refused")
    func refusals() {
        for nats in [Double.nan, .infinity, -.infinity] {
            #expect(failure { () throws(ValuationError) in try ScoreUnit.units(ofNats: nats) } == .notFinite)
        }
        for nats in [9.3e6, -9.3e6, 1e300] {
            #expect(failure { () throws(ValuationError) in try ScoreUnit.units(ofNats: nats) } == .overflow)
        }
    }

    @Test("A score saturates at 2^62 and is refused only where it is not finite")
    func saturation() throws {
        let limit: Int64 = 1 << 62
        for (nats, units) in [(1, 1_000_000_000_000), (-0.0, 0), (4.7e6, limit), (-4.7e6, -limit), (1e200, limit)] {
            #expect(try ScoreUnit.saturatedUnits(ofNats: nats) == units)
        }
        #expect(try ScoreUnit.saturatedUnits(ofNats: 4.6e6) == 4_600_000_000_000_000_000)
        for nats in [Double.nan, .infinity, -.infinity, 1e299 * 1e10] {
            #expect(
                failure { () throws(ValuationError) in try ScoreUnit.saturatedUnits(ofNats: nats) } == .notFinite)
        }
    }
}
