import Ledger
import Testing

@Suite("Token amounts")
struct TokenAmountTests {
    @Test(
        "An amount has six decimals, whatever its size",
        arguments: [
            (UInt64(0), "0.000000"), (1, "0.000001"), (999_999, "0.999999"), (1_000_000, "1.000000"),
            (12_345_678, "12.345678"), (UInt64.max, "18446744073709.551615"),
        ]
    )
    func exact(_ units: UInt64, _ text: String) {
        #expect(TokenAmount.text(units) == text)
    }

    @Test("A short amount is cut, never rounded up, and groups its thousands")
    func short() {
        #expect(TokenAmount.shortText(1_999_999) == "1.99")
        #expect(TokenAmount.shortText(1_234_567_890_000, places: 1) == "1\u{202F}234\u{202F}567.8")
        #expect(TokenAmount.shortText(999_999, places: 0) == "0")
        #expect(TokenAmount.shortText(5, places: 9) == "0.000005")
    }

    @Test(
        "An amount's text is read back to its units, and what is no amount is refused",
        arguments: [
            ("0", 0), ("1", 1_000_000), ("12.5", 12_500_000), ("0.000001", 1), ("18446744073709.551615", UInt64.max),
        ]
    )
    func reading(_ text: String, _ units: UInt64) {
        #expect(TokenAmount.units(text) == units)
        #expect(TokenAmount.units(TokenAmount.text(units)) == units)
    }

    @Test("What is no amount, has too many decimals, or is too large is no amount of units")
    func refusals() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1.0000001", "18446744073709.551616", "99999999999999", "1 ",
        ] {
            #expect(TokenAmount.units(text) == nil, "\"\(text)\"")
        }
    }
}
