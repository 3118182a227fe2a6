import Simulation
import Testing

@Suite("Pay beside value")
struct ValueComparisonTests {
    @Test("Equal shares agree in everything, whatever the units")
    func equal() throws {
        let found = ValueComparison(paid: [10, 20, 30], values: [0.1, 0.2, 0.3])
        #expect(abs(try #require(found.correlation) - 1) < 1e-12)
        #expect(found.spearman == 1)
        #expect(try #require(found.misplacedShare) < 1e-12)
    }

    @Test("By hand: shares of 1, 2, 1 quarters against 2, 1, 1")
    func hand() throws {
        let found = ValueComparison(paid: [1, 2, 1], values: [2, 1, 1])
        // Deviations -1, 2, -1 and 2, -1, -1 twelfths: -3 over 6.
        #expect(abs(try #require(found.correlation) + 0.5) < 1e-12)
        // Ranks 1.5, 3, 1.5 and 3, 1.5, 1.5.
        #expect(abs(try #require(found.spearman) + 0.5) < 1e-12)
        #expect(abs(try #require(found.misplacedShare) - 0.25) < 1e-12)
    }

    @Test("By hand: one pair out of order among four has the rank correlation 0.8")
    func ranks() throws {
        let found = ValueComparison(paid: [1, 2, 3, 4], values: [1, 3, 2, 100])
        #expect(abs(try #require(found.spearman) - 0.8) < 1e-12)
    }

    @Test("Values below zero count as zero, on both sides")
    func negative() {
        let found = ValueComparison(paid: [1, 1, 0], values: [3, 3, -5])
        #expect(found.misplacedShare == 0)
        #expect(found.spearman == 1)
        #expect(ValueComparison.shares(of: [-1, 3, 1]) == [0, 0.75, 0.25])
    }

    @Test("All pay at the wrong place is misplaced as a whole")
    func disjoint() {
        #expect(ValueComparison(paid: [1, 0], values: [0, 1]).misplacedShare == 1)
        #expect(ValueComparison(paid: [1, 0], values: [0, 1]).correlation == -1)
    }

    @Test("Nothing is said where one side has nothing to share, or is the same for all")
    func undefined() {
        let nothing = ValueComparison(paid: [0, 0], values: [1, 2])
        #expect(nothing.correlation == nil && nothing.spearman == nil && nothing.misplacedShare == nil)
        let harm = ValueComparison(paid: [1, 2], values: [-1, -2])
        #expect(harm.misplacedShare == nil)
        let alike = ValueComparison(paid: [1, 1, 1], values: [1, 2, 3])
        #expect(alike.correlation == nil && alike.spearman == nil)
        #expect(alike.misplacedShare != nil)
    }
}
