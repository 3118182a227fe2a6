/// The rows of a CSV file as they are collected.
struct CSVRows {
    /// Which columns are not features.
    struct Columns {
        let count: Int
        let label: Int
        let group: Int?
    }

    private(set) var columns: Columns
    private(set) var featureNames: [String]?
    var features: [Float] = []
    private(set) var labels: [UInt8] = []
    private(set) var groups: [Int] = []
    private var groupNumbers: [String: Int] = [:]

    /// Number of feature columns.
    var featureCount: Int { columns.count - (columns.group == nil ? 1 : 2) }

    /// Reads all rows.
    init(reading start: CSVReader, name: String, options: CSVOptions) throws(DatasetError) {
        var reader = start
        guard try reader.readRow() else {
            throw DatasetError(
                .truncated,
                "the file has no lines",
                advice: "give it one line per example",
                file: name
            )
        }
        let isHeader =
            options.hasHeader ?? !reader.cells.allSatisfy { DecimalNumber.value(of: reader.raw($0)) != nil }
        let names = isHeader ? reader.cells.map { reader.text($0) } : nil
        columns = try Self.columns(options, names, reader)
        if let names { featureNames = names.indices.filter(isFeature).map { names[$0] } }
        if !isHeader { try append(reader) }
        while try reader.readRow() { try append(reader) }
        guard !labels.isEmpty else {
            throw DatasetError(
                .truncated,
                "the file has a header and no examples",
                advice: "give it one line per example",
                file: name
            )
        }
    }

    private static func columns(
        _ options: CSVOptions,
        _ names: [String]?,
        _ reader: CSVReader
    ) throws(DatasetError) -> Columns {
        let count = reader.cells.count
        let label = try index(of: options.labelColumn, count, names, reader)
        var group: Int?
        if let column = options.groupColumn { group = try index(of: column, count, names, reader) }
        guard label != group, count > (group == nil ? 1 : 2) else {
            throw reader.failure(
                .invalidHeader,
                "\(count) columns leave no feature beside label and group",
                "give label, group and features a column each",
                column: 0
            )
        }
        return Columns(count: count, label: label, group: group)
    }

    private static func index(
        of column: CSVOptions.Column,
        _ count: Int,
        _ names: [String]?,
        _ reader: CSVReader
    ) throws(DatasetError) -> Int {
        switch column {
        case .last: return count - 1
        case .index(let index) where (0..<count).contains(index): return index
        case .index(let index):
            throw reader.failure(
                .invalidHeader,
                "there is no column \(index)",
                "columns are counted from 0; there are \(count)",
                column: 0
            )
        case .name(let name):
            let matches = names?.indices.filter { names?[$0] == name } ?? []
            guard matches.count == 1 else {
                throw reader.failure(
                    .invalidHeader,
                    "\(matches.count) columns are named \"\(name)\"",
                    names == nil
                        ? "the file has no header; give the column's number"
                        : "the columns are \(names?.prefix(20).joined(separator: ", ") ?? "")",
                    column: 0
                )
            }
            return matches[0]
        }
    }

    private func isFeature(_ index: Int) -> Bool {
        index != columns.label && index != columns.group
    }

    private mutating func append(_ reader: CSVReader) throws(DatasetError) {
        guard reader.cells.count == columns.count else {
            throw reader.failure(
                .invalidCell,
                "the line has \(reader.cells.count) cells, the first one has \(columns.count)",
                "give all lines the same columns",
                column: 0
            )
        }
        guard features.count + featureCount <= DatasetLimits.valueCount else {
            throw reader.failure(
                .limit,
                "more than \(DatasetLimits.valueCount) values",
                "split the file",
                column: 0
            )
        }
        for (index, cell) in reader.cells.enumerated() {
            if index == columns.group {
                try appendGroup(reader.text(cell), reader)
                continue
            }
            guard let value = DecimalNumber.value(of: reader.raw(cell)), Float(value).isFinite else {
                throw reader.failure(
                    .invalidCell,
                    "\"\(reader.text(cell).prefix(40))\" is not a finite number",
                    index == columns.label ? "number the classes from 0" : "replace or remove it",
                    column: index + 1
                )
            }
            guard index == columns.label else {
                features.append(Float(value))
                continue
            }
            guard let label = UInt8(exactly: value) else {
                throw reader.failure(
                    .invalidCell,
                    "\(value) is not a label",
                    "labels are whole numbers from 0 to 255",
                    column: index + 1
                )
            }
            labels.append(label)
        }
    }

    private mutating func appendGroup(_ key: String, _ reader: CSVReader) throws(DatasetError) {
        if let number = groupNumbers[key] {
            groups.append(number)
            return
        }
        guard groupNumbers.count < DatasetLimits.groupCount else {
            throw reader.failure(.limit, "more than \(DatasetLimits.groupCount) groups", "use fewer", column: 0)
        }
        groups.append(groupNumbers.count)
        groupNumbers[key] = groupNumbers.count
    }
}
