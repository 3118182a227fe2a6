/// What a CSV file's columns mean.
package struct CSVOptions: Hashable, Sendable {
    /// One column.
    package enum Column: Hashable, Sendable {
        /// By its number, counted from 0.
        case index(Int)
        /// By its name in the header line.
        case name(String)
        /// The last one.
        case last
    }

    /// The column with the class of each example: whole numbers from 0 to 255.
    package var labelColumn: Column
    /// The column with each example's natural key (its writer, its site), any text; it is no feature.
    package var groupColumn: Column?
    /// Whether the first line names the columns; nil to find out: it does if one of its cells is not a number.
    package var hasHeader: Bool?

    package init(labelColumn: Column = .last, groupColumn: Column? = nil, hasHeader: Bool? = nil) {
        self.labelColumn = labelColumn
        self.groupColumn = groupColumn
        self.hasHeader = hasHeader
    }
}
