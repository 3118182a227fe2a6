internal import Dispatch

/// One timer on a queue that is set anew as plans change. Used on that queue alone.
final class Alarm {
    private let source: any DispatchSourceTimer
    private let ring: () -> Void
    private var isSet = false

    init(queue: DispatchQueue, ring: @escaping () -> Void) {
        source = DispatchSource.makeTimerSource(queue: queue)
        self.ring = ring
        source.setEventHandler { [weak self] in self?.fired() }
        source.schedule(deadline: .distantFuture)
        source.activate()
    }

    deinit { source.cancel() }

    private func fired() {
        guard isSet else { return }
        isSet = false
        ring()
    }

    /// Rings in so many milliseconds, and not when it was to ring before.
    func set(inMs milliseconds: UInt64) {
        isSet = true
        source.schedule(deadline: .now() + .milliseconds(Int(clamping: milliseconds)), leeway: .milliseconds(1))
    }

    /// Does not ring.
    func clear() {
        isSet = false
        source.schedule(deadline: .distantFuture)
    }
}
