/// What a proxy did.
package struct LinkCounts: Equatable, Sendable {
    /// Faults that struck, by their kind's name.
    package private(set) var struck: [String: Int] = [:]
    /// Connections that it relayed.
    package internal(set) var connectionCount = 0
    /// Bytes that it delivered, both ways.
    package internal(set) var byteCount = 0

    package init() {}

    /// Faults that struck.
    package var faultCount: Int { struck.values.reduce(0, +) }

    mutating func add(_ other: LinkCounts) {
        struck.merge(other.struck) { $0 + $1 }
        connectionCount += other.connectionCount
        byteCount += other.byteCount
    }

    mutating func note(_ kind: LinkFault.Kind) { struck[kind.name, default: 0] += 1 }
}
