internal import HTTPTypes
internal import NIOCore
internal import Runs
internal import SwiftProtobuf

/// What a request is answered with.
struct Reply: Sendable {
    enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A range of a blob's file, read as it is sent.
        case range(FileBlob, Range<Int>)
    }

    static let protobuf = "application/x-protobuf"
    static let text = "text/plain; charset=utf-8"
    static let binary = "application/octet-stream"

    var status = 200
    var fields: HTTPFields = [:]
    var body = Body.none
    var closesConnection = false

    /// No content.
    static let done = Reply(status: 204)

    init(status: Int) { self.status = status }

    init(text: String, type: String = Reply.text, status: Int = 200) {
        self.status = status
        body = .bytes(ByteBuffer(string: text))
        fields[.contentType] = type
    }

    init(bytes: [UInt8], type: String) {
        body = .bytes(ByteBuffer(bytes: bytes))
        fields[.contentType] = type
    }

    init(_ message: some Message) throws {
        self.init(bytes: try message.serializedBytes(), type: Reply.protobuf)
    }

    var byteCount: Int {
        switch body {
        case .none: 0
        case .bytes(let bytes): bytes.readableBytes
        case .range(_, let range): range.count
        }
    }
}
