import Foundation

/// Whether a server could listen at an address now.
enum PortProbe {
    enum Finding {
        case free
        case inUse
        /// Why nobody could, in words.
        case unusable(String)
    }

    /// Binds the address as a server would, and lets go of it at once.
    static func look(host: String, port: Int) -> Finding {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else { return .unusable("the name has no address") }
        defer { freeaddrinfo(list) }
        let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, first.pointee.ai_protocol)
        guard descriptor >= 0 else { return .unusable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        // As the server does: what an earlier one left in TIME_WAIT is no obstacle.
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            return errno == EADDRINUSE ? .inUse : .unusable(String(cString: strerror(errno)))
        }
        return .free
    }
}
