import NIOCore

/// One connection of an agent and the one to the coordinator that it is relayed over. Confined to their event loop.
///
/// Each direction holds at most what one read gave: the next read is asked for when all of that is written.
final class RelayedConnection {
    /// What is to be done in one direction, in order.
    private struct Step {
        enum Act {
            case deliver(ByteBuffer)
            /// Tells the receiver that nothing more comes.
            case shut
            case reset
        }

        /// Before it, in milliseconds.
        var waitMs = 0
        let act: Act
    }

    private struct Half {
        var steps: [Step] = []
        var isBusy = false
        /// Its sender has closed it.
        var hasEnded = false
        /// Its receiver has been told so.
        var isShut = false
        /// What still comes is thrown away.
        var isDeaf = false
        var byteCount = 0
    }

    let agentSide: any Channel
    let coordinatorSide: any Channel
    private let link: ChaosLink
    private var up = Half()
    private var down = Half()
    /// The fault that this connection suffers now, and when it is over, in milliseconds of the loop.
    private var fault: LinkFault.Kind?
    private var faultEndMs: Int64 = 0
    private(set) var isOver = false

    init(agentSide: any Channel, coordinatorSide: any Channel, link: ChaosLink) {
        self.agentSide = agentSide
        self.coordinatorSide = coordinatorSide
        self.link = link
    }

    /// Whether it suffers no fault now.
    var isQuiet: Bool { fault == nil && !up.isDeaf && !down.isDeaf }
    /// Whether more than a handshake came down, so that requests go up now.
    var isEstablished: Bool { down.byteCount > RehearsalLimits.handshakeByteCount }

    /// Begins to read on both sides.
    func start() {
        guard !isOver else { return }
        agentSide.read()
        coordinatorSide.read()
    }

    /// Takes a fault, to suffer it from the next bytes on.
    func take(_ kind: LinkFault.Kind) {
        fault = kind
        switch kind {
        case .delay(_, let lastingMs), .throttle(_, let lastingMs): faultEndMs = nowMs + Int64(lastingMs)
        default: break
        }
    }

    // What the two sides tell.

    func received(_ buffer: ByteBuffer, _ direction: LinkFault.Direction) {
        guard !isOver, !half(direction).isDeaf else { return pump(direction) }
        link.offer(to: self, direction)
        guard !isOver else { return }
        shape(buffer, direction)
        pump(direction)
    }

    func ended(_ direction: LinkFault.Direction) {
        guard !isOver else { return }
        change(direction) { $0.hasEnded = true }
        pump(direction)
    }

    /// One side is gone altogether.
    func closed(_ direction: LinkFault.Direction) {
        guard !isOver else { return }
        // What it sent before is delivered; whoever sends to it now has nobody there.
        change(direction.opposite) {
            $0.isDeaf = true
            $0.isShut = true
        }
        ended(direction)
    }

    /// Resets both sides.
    func reset() {
        guard !isOver else { return }
        isOver = true
        Self.reset(agentSide)
        Self.reset(coordinatorSide)
        link.ended(self)
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        agentSide.close(promise: nil)
        coordinatorSide.close(promise: nil)
        link.ended(self)
    }

    // What a fault makes of bytes.

    private func shape(_ buffer: ByteBuffer, _ direction: LinkFault.Direction) {
        switch fault {
        case .cut(direction, let left): cut(buffer, direction, after: left)
        case .unheard where direction == .down:
            strike()
            reset()
        case .halfClose(direction): halfClose(after: buffer, direction)
        case .stall(direction, let ms):
            strike()
            append([Step(waitMs: ms, act: .deliver(buffer))], direction)
        case .delay(let ms, _):
            append([Step(waitMs: ms, act: .deliver(buffer))], direction)
            strike(ifPast: faultEndMs)
        case .throttle(let bytesPerSecond, _):
            let sliceMs = 10
            let pieces = Self.slices(of: buffer, byteCount: max(1, bytesPerSecond * sliceMs / 1_000))
            append(pieces.map { Step(waitMs: sliceMs, act: .deliver($0)) }, direction)
            strike(ifPast: faultEndMs)
        case .trickle(direction, let left): trickle(buffer, direction, left)
        default: append([Step(act: .deliver(buffer))], direction)
        }
    }

    private func cut(_ buffer: ByteBuffer, _ direction: LinkFault.Direction, after left: Int) {
        guard buffer.readableBytes > left else {
            fault = .cut(direction, afterByteCount: left - buffer.readableBytes)
            return append([Step(act: .deliver(buffer))], direction)
        }
        strike()
        var buffer = buffer
        let first = buffer.readSlice(length: left) ?? buffer
        append([Step(act: .deliver(first)), Step(act: .reset)], direction)
        change(direction) { $0.isDeaf = true }
    }

    private func halfClose(after buffer: ByteBuffer, _ direction: LinkFault.Direction) {
        strike()
        append([Step(act: .deliver(buffer)), Step(act: .shut)], direction)
        change(direction) { $0.isDeaf = true }
        // Whoever does not mind would wait for an answer that never comes.
        after(RehearsalLimits.halfCloseMs) { $0.reset() }
    }

    private func trickle(_ buffer: ByteBuffer, _ direction: LinkFault.Direction, _ left: Int) {
        var buffer = buffer
        let count = min(left, buffer.readableBytes)
        let single = buffer.readSlice(length: count).map { Self.slices(of: $0, byteCount: 1) } ?? []
        append(single.map { Step(waitMs: 1, act: .deliver($0)) } + [Step(act: .deliver(buffer))], direction)
        if count == left { strike() } else { fault = .trickle(direction, byteCount: left - count) }
    }

    private static func slices(of buffer: ByteBuffer, byteCount: Int) -> [ByteBuffer] {
        var rest = buffer
        var slices: [ByteBuffer] = []
        while rest.readableBytes > 0, let slice = rest.readSlice(length: min(byteCount, rest.readableBytes)) {
            slices.append(slice)
        }
        return slices
    }

    /// The fault has done what it does.
    private func strike() {
        guard let fault else { return }
        link.struck(fault)
        self.fault = nil
    }

    private func strike(ifPast endMs: Int64) {
        if nowMs >= endMs { strike() }
    }

    // Carrying it out.

    private func append(_ steps: [Step], _ direction: LinkFault.Direction) {
        change(direction) { $0.steps += steps }
    }

    /// Does what is next in one direction.
    private func pump(_ direction: LinkFault.Direction) {
        guard !isOver, !half(direction).isBusy else { return }
        guard let step = half(direction).steps.first else { return rest(direction) }
        change(direction) {
            $0.steps.removeFirst()
            $0.isBusy = true
        }
        guard step.waitMs > 0 else { return act(step.act, direction) }
        after(step.waitMs) { $0.act(step.act, direction) }
    }

    /// Nothing is left to be written in one direction: more is read, or its end is passed on.
    private func rest(_ direction: LinkFault.Direction) {
        guard half(direction).hasEnded else { return source(of: direction).read() }
        if !half(direction).isShut { shut(direction) }
        if up.isShut, down.isShut { finish() }
    }

    private func act(_ act: Step.Act, _ direction: LinkFault.Direction) {
        guard !isOver else { return }
        change(direction) { $0.isBusy = false }
        switch act {
        case .reset: reset()
        case .shut:
            shut(direction)
            pump(direction)
        case .deliver(let buffer):
            guard !half(direction).isShut, buffer.readableBytes > 0 else { return pump(direction) }
            change(direction) {
                $0.isBusy = true
                $0.byteCount += buffer.readableBytes
            }
            link.delivered(buffer.readableBytes)
            target(of: direction).writeAndFlush(buffer).assumeIsolated().whenComplete { [self] result in
                change(direction) { $0.isBusy = false }
                guard case .success = result else { return reset() }
                pump(direction)
            }
        }
    }

    private func shut(_ direction: LinkFault.Direction) {
        change(direction) { $0.isShut = true }
        target(of: direction).close(mode: .output, promise: nil)
    }

    private func after(_ ms: Int, _ body: @escaping (RelayedConnection) -> Void) {
        agentSide.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(ms))) { [self] in
            if !isOver { body(self) }
        }
    }

    private var nowMs: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    private func source(of direction: LinkFault.Direction) -> any Channel {
        direction == .up ? agentSide : coordinatorSide
    }

    private func target(of direction: LinkFault.Direction) -> any Channel { source(of: direction.opposite) }

    private func half(_ direction: LinkFault.Direction) -> Half { direction == .up ? up : down }

    private func change(_ direction: LinkFault.Direction, _ body: (inout Half) -> Void) {
        if direction == .up { body(&up) } else { body(&down) }
    }
}
