internal import Synchronization

/// Results that several participants need and one of them works out: each is made once, whichever thread asks first.
///
/// A result must be a function of its name and of what the owner stands for, never of who asks.
final class SharedWork: Sendable {
    private final class Entry: Sendable {
        let result = Mutex<(any Sendable)?>(nil)
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The result of that name; made now if nobody did. Others who want it wait for it, and `make` may ask for results
    /// of other names.
    func result<Value: Sendable>(_ name: String, _ make: () throws -> Value) throws -> Value {
        let entry = entries.withLock { entries in
            if let found = entries[name] { return found }
            let entry = Entry()
            entries[name] = entry
            return entry
        }
        return try entry.result.withLock { result in
            if let found = result as? Value { return found }
            let value = try make()
            result = value
            return value
        }
    }
}
