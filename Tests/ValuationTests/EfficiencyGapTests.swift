import Testing
import Valuation

@Suite("Scores against the loss drop")
struct EfficiencyGapTests {
    @Test("A gap within a thousandth of the drop is silent, one past it warns with its size")
    func tolerance() {
        let drop: Int64 = 2_000_000_000_000
        let inside = EfficiencyGap(scores: [drop, 2_000_000_000], lossBefore: 3 * drop, lossAfter: 2 * drop)
        #expect(inside.gap == 2_000_000_000 && inside.warning == nil)
        let outside = EfficiencyGap(scores: [drop, -2_000_000_001], lossBefore: 3 * drop, lossAfter: 2 * drop)
        #expect(outside.warning == .gapTooWide(gap: -2_000_000_001, allowed: 2_000_000_000))
    }

    @Test("Without a drop the floor of a millionth of a nat counts")
    func floor() {
        #expect(EfficiencyGap(scores: [1_000_000], lossBefore: 5, lossAfter: 5).warning == nil)
        #expect(EfficiencyGap(scores: [-1_000_001], lossBefore: 5, lossAfter: 5).warning != nil)
        #expect(EfficiencyGap(scores: [], lossBefore: 5, lossAfter: 5).gap == 0)
    }

    @Test("Sums past 64 bits stop at their end")
    func clamping() {
        let gap = EfficiencyGap(scores: [.max, .max], lossBefore: .min, lossAfter: .max)
        #expect(gap.scoreSum == .max && gap.lossDrop == .min && gap.gap == .max && gap.warning != nil)
        #expect(EfficiencyGap(scores: [.min, .min], lossBefore: .max, lossAfter: .min).gap == .min)
    }
}
