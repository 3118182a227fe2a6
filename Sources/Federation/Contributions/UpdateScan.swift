internal import Aggregation
internal import Ledger
internal import Synchronization
package import Tensors

/// Checks an update's file without holding it: length, header, that every value is finite and on the grid, and how long
/// the update is.
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

    /// The update's squared length in squares of the grid's unit, or what is wrong with its file. The first bad value,
    /// by place, is the one named.
    ///
    /// Complexity: O(values), one pass. Memory: 256 KiB a thread, and the header.
    ///
    /// - Parameters:
    ///   - file: the update as it arrived.
    ///   - threads: most threads to use.
    /// - Throws: `FederationError` with code `unusableUpdate` if the file cannot be read: not its sender's fault.
    package func scan(
        _ file: any BlobReading, threads: Int
    ) throws(FederationError) -> Result<UInt128, ContributionFault> {
        if let reason = blob.lengthFault(file.byteCount) { return .failure(ContributionFault(.badShape, reason)) }
        if let reason = blob.headerFault(try file.bytes(in: 0..<blob.header.count)) {
            return .failure(ContributionFault(.badShape, reason))
        }
        let finding = Mutex<Finding?>(nil)
        let norm = Mutex<UInt128>(0)
        WorkSplit.forEachRange(of: blob.layout.count, grain: Self.pieceLength, threads: threads) { range in
            var squared: UInt128 = 0
            let found = firstFault(in: range, of: file, squaredNorm: &squared) { place in
                finding.withLock { $0.map { $0.place < place } ?? false }
            }
            norm.withLock { $0 += squared }
            guard let found else { return }
            finding.withLock { $0 = $0.map { $0.place < found.place ? $0 : found } ?? found }
        }
        if let found = finding.withLock({ $0 }) { return .failure(try found.result.get()) }
        return .success(norm.withLock { $0 })
    }

    /// A fault of the file or of the disk, and the value at which it came up.
    private struct Finding {
        let place: Int
        let result: Result<ContributionFault, FederationError>
    }

    /// The range's first fault, or nil; also nil where one was found before it, which decides.
    private func firstFault(
        in range: Range<Int>, of file: any BlobReading, squaredNorm: inout UInt128,
        unlessBefore isSettled: (Int) -> Bool
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
                let bad: Int
                switch UpdateCheck.measure(UnsafeBufferPointer(values), grid: grid) {
                case .sound(squaredNorm: let squared):
                    squaredNorm += squared
                    continue
                case .bad(let index): bad = index
                }
                let error = UpdateCheck.fault(of: values[bad], at: start + bad, layout: blob.layout, grid: grid)
                let fault = ContributionFault(UpdateVerifier.reason(for: error.code), error.message)
                return Finding(place: start + bad, result: .success(fault))
            }
            return nil
        }
    }
}
