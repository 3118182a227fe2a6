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

    /// Reads a file's bytes that must hold exactly this layout, in the canonical form.
    ///
    /// - Throws: `FederationError` with code `unusableUpdate` if the length or the header is another.
    package func parameters(from bytes: UnsafeRawBufferPointer) throws(FederationError) -> ParameterSet {
        guard bytes.count == byteCount else {
            throw FederationError(.unusableUpdate, "the file has \(bytes.count) bytes; the layout needs \(byteCount)")
        }
        guard bytes.prefix(header.count).elementsEqual(header) else {
            throw FederationError(.unusableUpdate, "the file's header is not the task's canonical one")
        }
        var set = ParameterSet(zeros: layout)
        set.values.withUnsafeMutableValues { values in
            let target = UnsafeMutableRawBufferPointer(values)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[header.count...]))
        }
        return set
    }
}
