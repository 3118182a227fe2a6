import Glibc
import NIOCore

extension RelayedConnection {
    /// Ends a socket so that the other side sees a reset, not an end.
    static func reset(_ channel: any Channel) {
        // Without lingering the kernel drops what is unsent and sends RST.
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        channel.close(promise: nil)
    }
}
