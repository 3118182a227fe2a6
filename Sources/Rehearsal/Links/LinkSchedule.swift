import Tensors

/// What goes wrong with whose link when: a function of the seed.
package struct LinkSchedule: Equatable, Sendable {
    package let faults: [LinkFault]

    /// A schedule of so many faults on the links of so many agents.
    package init(count: Int, agents: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed, stream: "links", 0)
        faults = (0..<(agents == 0 ? 0 : count)).map { _ in
            let delayMs = generator.nextIndex(below: RehearsalLimits.linkGapMs)
            let agent = generator.nextIndex(below: agents)
            let quietByteCount = Self.magnitude(17, &generator)
            let (kind, hitsAll) = Self.kind(&generator)
            return LinkFault(
                agent: hitsAll ? nil : agent, delayMs: delayMs, quietByteCount: quietByteCount, kind: kind)
        }
    }

    /// Two in three lose a connection, since that is where contributions could get lost or doubled.
    private static func kind(_ generator: inout SeededGenerator) -> (LinkFault.Kind, hitsAll: Bool) {
        let direction: LinkFault.Direction = generator.nextIndex(below: 2) == 0 ? .up : .down
        return switch generator.nextIndex(below: 100) {
        case 0..<10: (.reset, false)
        case 10..<28: (.cut(.up, afterByteCount: magnitude(16, &generator)), false)
        case 28..<42: (.cut(.down, afterByteCount: magnitude(15, &generator)), false)
        case 42..<62: (.unheard, false)
        case 62..<68: (.halfClose(direction), false)
        case 68..<78: (.stall(direction, ms: magnitude(11, &generator)), false)
        case 78..<84:
            (.delay(ms: 2 + generator.nextIndex(below: 60), lastingMs: 200 + magnitude(10, &generator)), false)
        case 84..<89:
            (
                .throttle(
                    bytesPerSecond: 4_096 << generator.nextIndex(below: 6), lastingMs: 200 + magnitude(10, &generator)),
                false
            )
        case 89..<94: (.trickle(direction, byteCount: magnitude(8, &generator)), false)
        case 94..<99: (.partition(ms: 50 + magnitude(10, &generator)), false)
        default: (.partition(ms: 50 + magnitude(9, &generator)), true)
        }
    }

    /// A number from 0 to just below 2 to the `bits + 1`, each power of two as likely as the others, so that the first
    /// bytes of a message are hit as well as its middle.
    private static func magnitude(_ bits: Int, _ generator: inout SeededGenerator) -> Int {
        let scale = 1 << generator.nextIndex(below: bits + 1)
        return generator.nextIndex(below: 2) * scale + generator.nextIndex(below: scale)
    }
}
