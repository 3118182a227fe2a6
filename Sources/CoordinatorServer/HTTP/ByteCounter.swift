internal import Synchronization

/// Bytes of bodies in and out, over all connections.
final class ByteCounter: Sendable {
    private let inBytes = Atomic<UInt64>(0)
    private let outBytes = Atomic<UInt64>(0)
    private let connections = Atomic<Int>(0)

    func received(_ count: Int) { inBytes.wrappingAdd(UInt64(count), ordering: .relaxed) }
    func sent(_ count: Int) { outBytes.wrappingAdd(UInt64(count), ordering: .relaxed) }
    func opened() { connections.wrappingAdd(1, ordering: .relaxed) }
    func closed() { connections.wrappingSubtract(1, ordering: .relaxed) }

    var receivedTotal: UInt64 { inBytes.load(ordering: .relaxed) }
    var sentTotal: UInt64 { outBytes.load(ordering: .relaxed) }
    var connectionCount: Int { connections.load(ordering: .relaxed) }
}
