package import Attestation
package import Tensors

/// How a task's parameter sets lie in files: one canonical safetensors header, then the values, little-endian.
///
/// A blob is named by `BlobDigest` over the whole file. As the header follows from the layout alone, the digest binds
/// the values and nothing else, and two parties that hold the same values have the same file.
package struct ParameterBlob: Sendable {
    /// The tensors that every blob of the task has.
    package let layout: ParameterLayout
    /// The file's bytes before the values.
    package let header: [UInt8]

    package init(layout: ParameterLayout) {
        self.layout = layout
        header = Safetensors.header(for: layout, metadata: [:])
    }

    /// Bytes of one file.
    package var byteCount: Int { header.count + layout.count * MemoryLayout<Float>.stride }

    /// The digest of the file that holds these values. Complexity: one pass over them.
    package func digest(of parameters: borrowing ParameterSet, threads: Int) -> Digest {
        parameters.values.withUnsafeValues { values in
            header.withUnsafeBytes { header in
                BlobDigest.digest(ofParts: [header, UnsafeRawBufferPointer(values)], threads: threads)
            }
        }
    }

    /// SHA-256 of a participant's key and the file's bytes: what only somebody who has the bytes can state. Complexity:
    /// one pass over the values.
    package func possession(of parameters: borrowing ParameterSet, by key: PublicKey) -> Digest {
        var hasher = SHA256.Hasher()
        key.withUnsafeBytes { hasher.update($0) }
        hasher.update(header)
        parameters.values.withUnsafeValues { hasher.update(UnsafeRawBufferPointer($0)) }
        return hasher.finalize()
    }

    /// Reads a file's bytes that must hold exactly this layout, in the canonical form.
    ///
    /// - Throws: `FederationError` with code `unusableUpdate` if the length or the header is another.
    package func parameters(from bytes: UnsafeRawBufferPointer) throws(FederationError) -> ParameterSet {
        if let reason = lengthFault(bytes.count) ?? headerFault(bytes) {
            throw FederationError(.unusableUpdate, reason)
        }
        var set = ParameterSet(unwritten: layout)
        set.values.withUnsafeMutableValues { values in
            let target = UnsafeMutableRawBufferPointer(values)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[header.count...]))
        }
        return set
    }

    /// What is wrong with a file of that many bytes, or nil.
    func lengthFault(_ count: Int) -> String? {
        count == byteCount ? nil : "the file has \(count) bytes; the layout needs \(byteCount)"
    }

    /// What is wrong with a file that starts with these bytes, or nil.
    func headerFault(_ bytes: some Sequence<UInt8>) -> String? {
        bytes.starts(with: header) ? nil : "the file's header is not the task's canonical one"
    }
}
