internal import Foundation
internal import Tensors

/// Makes hostile inputs out of good ones: seeded, bounded mutations for the readers' fuzz tests.
package struct Mutator {
    private var generator: SeededGenerator
    /// Largest input it makes, in bytes.
    package let byteLimit: Int

    package init(seed: UInt64, byteLimit: Int = 65_536) {
        generator = SeededGenerator(seed: seed, stream: "fuzz")
        self.byteLimit = byteLimit
    }

    /// Inputs a reader is tried with: `TRIBUTARY_FUZZ_INPUTS`, or 2,000 in an ordinary test run.
    package static let inputCount =
        ProcessInfo.processInfo.environment["TRIBUTARY_FUZZ_INPUTS"].flatMap { Int($0) } ?? 2_000

    /// One to eight mutations of one of the seeds: flipped bits, overwritten, removed, repeated, inserted or spliced
    /// runs, interesting integers, truncation.
    package mutating func mutate(_ seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds[generator.nextIndex(below: seeds.count)]
        for _ in 0...generator.nextIndex(below: 8) {
            mutateOnce(&bytes, seeds: seeds)
            if bytes.count > byteLimit { bytes.removeLast(bytes.count - byteLimit) }
        }
        return bytes
    }

    private mutating func mutateOnce(_ bytes: inout [UInt8], seeds: [[UInt8]]) {
        guard !bytes.isEmpty else {
            bytes = (0..<generator.nextIndex(below: 64)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            return
        }
        let place = generator.nextIndex(below: bytes.count)
        let length = 1 + generator.nextIndex(below: min(16, bytes.count - place))
        switch generator.nextIndex(below: 8) {
        case 0: bytes[place] ^= 1 << UInt8(generator.nextIndex(below: 8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
        case 2: bytes.removeSubrange(place..<place + length)
        case 3: bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: place)
        case 4: bytes.removeLast(bytes.count - place)
        case 5: overwriteWithInteger(&bytes, at: place)
        case 6: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
        default:
            let other = seeds[generator.nextIndex(below: seeds.count)]
            bytes = Array(bytes[..<place]) + other.suffix(generator.nextIndex(below: other.count + 1))
        }
    }

    /// Lengths, offsets and counts are where readers break: zeros, ones, the largest and smallest of each width.
    private mutating func overwriteWithInteger(_ bytes: inout [UInt8], at place: Int) {
        let values: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
            UInt64(Int64.max), 1 << 63, .max, 9, 10, 13, 34, 48, 57,
        ]
        let value = values[generator.nextIndex(below: values.count)]
        let width = [1, 2, 4, 8][generator.nextIndex(below: 4)]
        let bigEndian = generator.next() & 1 == 0
        for index in 0..<min(width, bytes.count - place) {
            let shift = UInt64(8 * (bigEndian ? width - 1 - index : index))
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }
}
