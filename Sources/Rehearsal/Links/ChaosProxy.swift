import NIOCore
import NIOPosix

/// Relays agents' connections to a coordinator, byte for byte, except where it is told to do them harm.
///
/// TLS passes through untouched. Every agent has a port of its own, so that a fault hits one of them. The coordinator
/// may go and come back at its port: connections are made to it as agents make them.
package final class ChaosProxy: Sendable {
    private let loop: any EventLoop
    private let links: NIOLoopBound<[ChaosLink]>
    /// Where each agent finds the coordinator, on 127.0.0.1.
    package let ports: [Int]

    private init(loop: any EventLoop, links: NIOLoopBound<[ChaosLink]>, ports: [Int]) {
        self.loop = loop
        self.links = links
        self.ports = ports
    }

    /// Begins to relay, without faults.
    ///
    /// - Throws: `RehearsalError` where no ports are to be had.
    package static func start(coordinatorPort: Int, agents: Int) async throws(RehearsalError) -> ChaosProxy {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        do {
            let links = try await loop.submit {
                NIOLoopBound(
                    (0..<agents).map { _ in ChaosLink(loop: loop, coordinatorPort: coordinatorPort) }, eventLoop: loop)
            }.get()
            let listeners = try await loop.flatSubmit {
                EventLoopFuture.whenAllSucceed(links.value.map { $0.listen() }, on: loop)
            }.get()
            return ChaosProxy(loop: loop, links: links, ports: listeners.map { $0.localAddress?.port ?? 0 })
        } catch {
            throw RehearsalError(.processFailed, "the links' proxy cannot listen: \(error)")
        }
    }

    /// Sets a fault: it strikes when its link has been quiet for long enough and carries something that it can hit.
    ///
    /// - Returns: false if too many wait for that link already.
    @discardableResult
    package func set(_ fault: LinkFault) async -> Bool {
        let isSet = try? await loop.submit { [links] in
            var isSet = false
            for (number, link) in links.value.enumerated() where fault.agent == nil || fault.agent == number {
                isSet = link.set(fault, isCounted: fault.agent != nil || number == 0)
            }
            return isSet
        }.get()
        return isSet ?? false
    }

    /// What was done so far, over all links.
    package func counts() async -> LinkCounts {
        let all = try? await loop.submit { [links] in links.value.map(\.counts) }.get()
        return (all ?? []).reduce(into: LinkCounts()) { $0.add($1) }
    }

    /// Ends all connections and takes no more.
    package func stop() {
        loop.execute { [links] in
            for link in links.value { link.close() }
        }
    }
}
