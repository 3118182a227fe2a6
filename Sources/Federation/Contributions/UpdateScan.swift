internal import Aggregation
internal import Ledger
internal import Synchronization
package import Tensors

/// Checks an update's file without holding it: length, header, and that every value is finite and on the grid.
///
/// It gives the reasons that `UpdateVerifier` gives for the same bytes. What it leaves out, as that needs none of the
/// values: the signature, the digest (chunks are verified as they arrive) and the sample count.
package struct UpdateScan: Sendable {
    /// The files of the task's parameter sets.
    package let blob: ParameterBlob
    /// The task's grid.
    package let grid: Grid

    /// Values that a thread reads at a time: 256 KiB.
    private static let pieceLength = 65_536

    package init(blob: ParameterBlob, grid: Grid) {
        self.blob = blob
        self.grid = grid
    }

    /// What is wrong with a file, or nil. The first bad value, by place, is the one named.
    ///
    /// Complexity: O(values), one pass. Memory: 256 KiB a thread, and the header.
    ///
    /// - Parameters:
    ///   - file: the update as it arrived.
    ///   - threads: most threads to use.
    /// - Throws: `FederationError` with code `unusableUpdate` if the file cannot be read: not its sender's fault.
    package func scan(_ file: any BlobReading, threads: Int) throws(FederationError) -> ContributionFault? {
        if let reason = blob.lengthFault(file.byteCount) { return ContributionFault(.badShape, reason) }
        if let reason = blob.headerFault(try file.bytes(in: 0..<blob.header.count)) {
            return ContributionFault(.badShape, reason)
        }
        let finding = Mutex<Finding?>(nil)
        WorkSplit.forEachRange(of: blob.layout.count, grain: Self.pieceLength, threads: threads) { range in
            let found = firstFault(in: range, of: file) { place in
                finding.withLock { $0.map { $0.place < place } ?? false }
            }
            guard let found else { return }
            finding.withLock { $0 = $0.map { $0.place < found.place ? $0 : found } ?? found }
        }
        return try finding.withLock { $0 }?.result.get()
    }

    /// A fault of the file or of the disk, and the value at which it came up.
    private struct Finding {
        let place: Int
        let result: Result<ContributionFault, FederationError>
    }

    /// The range's first fault, or nil; also nil where one was found before it, which makes it no matter.
    private func firstFault(
        in range: Range<Int>, of file: any BlobReading, unlessBefore isSettled: (Int) -> Bool
    ) -> Finding? {
        var memory = ParameterBuffer(zeros: min(Self.pieceLength, range.count))
        return memory.withUnsafeMutableValues { memory -> Finding? in
            for start in stride(from: range.lowerBound, to: range.upperBound, by: memory.count) {
                guard !isSettled(start) else { return nil }
                let count = min(memory.count, range.upperBound - start)
                let values = UnsafeMutableBufferPointer(rebasing: memory[..<count])
                do throws(FederationError) {
                    try blob.read(values, from: start, of: file)
                } catch {
                    return Finding(place: start, result: .failure(error))
                }
                guard let bad = UpdateCheck.firstBadValue(in: UnsafeBufferPointer(values), grid: grid) else { continue }
                let error = UpdateCheck.fault(of: values[bad], at: start + bad, layout: blob.layout, grid: grid)
                let fault = ContributionFault(UpdateVerifier.reason(for: error.code), error.message)
                return Finding(place: start + bad, result: .success(fault))
            }
            return nil
        }
    }
}
