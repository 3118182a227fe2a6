import Foundation
import Testing
import Wire

@Suite("Numbers of 128 bits in messages")
struct WireNumberTests {
    @Test("A number is 16 bytes, big-endian, and reads back", arguments: [0, 1, 0x0102_0304, UInt128.max, 1 << 96])
    func roundTrip(value: UInt128) {
        let bytes = WireNumber.data(value)
        #expect(bytes.count == 16)
        #expect(WireNumber.value(bytes) == value)
        #expect(bytes.last == UInt8(truncatingIfNeeded: value))
        #expect(bytes.first == UInt8(truncatingIfNeeded: value >> 120))
    }

    @Test("Bytes of any other count are no number", arguments: [0, 1, 15, 17])
    func otherCounts(count: Int) {
        #expect(WireNumber.value(Data(repeating: 1, count: count)) == nil)
    }
}
