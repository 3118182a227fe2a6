internal import Synchronization

/// Connections of each address, so that one address cannot take all there are.
final class ConnectionPlaces: Sendable {
    private let limit: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter limit: connections of one address at one time.
    init(limit: Int) { self.limit = limit }

    /// Counts a connection, and says whether there is a place for it. To be followed by `leave` in any case.
    func enter(_ address: String) -> Bool {
        counts.withLock { counts in
            counts[address, default: 0] += 1
            return counts[address, default: 0] <= limit
        }
    }

    /// The connection is over.
    func leave(_ address: String) {
        counts.withLock { counts in
            let left = counts[address, default: 1] - 1
            counts[address] = left > 0 ? left : nil
        }
    }
}
