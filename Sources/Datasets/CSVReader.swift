/// Cuts the text of a CSV file into cells, line by line (RFC 4180; a line may also end with a line feed alone).
struct CSVReader {
    /// One cell, as it lies in the file.
    struct Cell {
        /// The bytes between the separators, or between the quotes.
        let range: Range<Int>
        /// Whether it contains doubled quotes, each of which stands for one.
        let hasDoubledQuotes: Bool
    }

    private let bytes: UnsafeRawBufferPointer
    private let name: String
    private var position: Int
    private var nextLine = 1
    /// The line that the last row started on, counted from 1.
    private(set) var line = 0
    /// The cells of the last row.
    private(set) var cells: [Cell] = []

    /// Starts at the first line, after a byte order mark if there is one. `bytes` must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer, name: String) {
        self.bytes = bytes
        self.name = name
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Reads the next line that is not empty into `cells`.
    ///
    /// - Returns: false at the end of the file.
    /// - Throws: `DatasetError`: `invalidCell` for a quote in a wrong place, `limit`.
    mutating func readRow() throws(DatasetError) -> Bool {
        cells.removeAll(keepingCapacity: true)
        while skipLineEnd() {}
        guard position < bytes.count else { return false }
        line = nextLine
        guard line <= DatasetLimits.csvLineCount else {
            throw failure(.limit, "more lines than are read", "split the file", column: 0)
        }
        while true {
            guard cells.count < DatasetLimits.csvColumnCount else {
                throw failure(
                    .limit,
                    "more than \(DatasetLimits.csvColumnCount) columns",
                    "check the separators",
                    column: 0
                )
            }
            let cell = try readCell()
            guard cell.range.count <= DatasetLimits.csvCellByteCount else {
                throw failure(
                    .limit,
                    "a cell of \(cell.range.count) bytes",
                    "check the quotes; a cell has at most \(DatasetLimits.csvCellByteCount) bytes"
                )
            }
            cells.append(cell)
            if position == bytes.count || skipLineEnd() { return true }
            guard bytes[position] == UInt8(ascii: ",") else {
                throw failure(.invalidCell, "text after a closing quote", "double the quotes inside a quoted cell")
            }
            position += 1
        }
    }

    /// The bytes of a cell of the last row, as they lie in the file.
    func raw(_ cell: Cell) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[cell.range])
    }

    /// The text of a cell of the last row, doubled quotes made one; damaged UTF-8 is repaired.
    func text(_ cell: Cell) -> String {
        let text = String(decoding: bytes[cell.range], as: UTF8.self)
        guard cell.hasDoubledQuotes else { return text }
        return text.split(separator: "\"\"", omittingEmptySubsequences: false).joined(separator: "\"")
    }

    private mutating func readCell() throws(DatasetError) -> Cell {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            while position < bytes.count, !endsCell(bytes[position]) {
                guard bytes[position] != UInt8(ascii: "\"") else {
                    throw failure(.invalidCell, "a quote inside a cell", "quote the whole cell and double the quote")
                }
                position += 1
            }
            return Cell(range: start..<position, hasDoubledQuotes: false)
        }
        let start = position + 1
        var hasDoubledQuotes = false
        position = start
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { nextLine += 1 }
            guard bytes[position] == UInt8(ascii: "\"") else {
                position += 1
                continue
            }
            guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\"") else {
                position += 1
                return Cell(range: start..<position - 1, hasDoubledQuotes: hasDoubledQuotes)
            }
            hasDoubledQuotes = true
            position += 2
        }
        throw failure(.invalidCell, "a quote that is never closed", "close it, or double it inside a quoted cell")
    }

    private func endsCell(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func skipLineEnd() -> Bool {
        guard position < bytes.count else { return false }
        if bytes[position] == UInt8(ascii: "\n") {
            position += 1
        } else if bytes[position] == UInt8(ascii: "\r"), position + 1 == bytes.count || bytes[position + 1] == 0x0A {
            position = min(position + 2, bytes.count)
        } else {
            return false
        }
        nextLine += 1
        return true
    }

    /// A failure in the cell about to be read, or in the given column.
    func failure(
        _ code: DatasetError.Code,
        _ reason: String,
        _ advice: String,
        column: Int? = nil
    ) -> DatasetError {
        DatasetError(
            code,
            reason,
            advice: advice,
            file: name,
            at: .cell(line: line, column: column ?? cells.count + 1)
        )
    }
}
