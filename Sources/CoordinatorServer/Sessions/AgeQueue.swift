/// Distinct elements in the order in which they were last put in. Every operation takes constant time, amortised; the
/// memory is proportional to the elements that are in.
struct AgeQueue<Element: Hashable> {
    private var order: [(element: Element, stamp: UInt64)] = []
    /// The first place of `order` that may still count.
    private var head = 0
    /// The stamp of each element's last place; earlier places of `order` do not count.
    private var stamps: [Element: UInt64] = [:]
    private var nextStamp: UInt64 = 0

    var count: Int { stamps.count }
    var isEmpty: Bool { stamps.isEmpty }

    /// Puts an element at the end, wherever it was before.
    mutating func append(_ element: Element) {
        if order.count - head > 2 * stamps.count + 16 { compact() }
        stamps[element] = nextStamp
        order.append((element, nextStamp))
        nextStamp += 1
    }

    /// Takes an element out, if it is in.
    mutating func remove(_ element: Element) { stamps[element] = nil }

    /// The element that was put in longest ago.
    mutating func first() -> Element? {
        while head < order.count {
            let (element, stamp) = order[head]
            if stamps[element] == stamp { return element }
            head += 1
        }
        order.removeAll(keepingCapacity: true)
        head = 0
        return nil
    }

    /// Takes out the element that was put in longest ago.
    mutating func removeFirst() -> Element? {
        let element = first()
        if let element { stamps[element] = nil }
        return element
    }

    private mutating func compact() {
        order = order[head...].filter { stamps[$0.element] == $0.stamp }
        head = 0
    }
}

extension AgeQueue: Sendable where Element: Sendable {}
