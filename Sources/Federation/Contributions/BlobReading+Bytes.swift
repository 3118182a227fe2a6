extension BlobReading {
    /// A small part of the file as an array; the range must lie inside the file.
    ///
    /// - Throws: as `read(into:at:)`.
    package func bytes(in range: Range<Int>) throws(FederationError) -> [UInt8] {
        var failure: FederationError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(FederationError) {
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count])
                try read(into: target, at: range.lowerBound)
                count = range.count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
