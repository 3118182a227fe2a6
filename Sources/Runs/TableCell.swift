internal import Ledger

/// Text set in a column of a fixed width.
package enum TableCell {
    /// Text at the right edge of a column; longer text is left whole, so that no figure is ever cut.
    package static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Text at the left edge of a column, cut with an ellipsis where it is longer. Control characters are escaped.
    package static func left(_ text: String, _ width: Int) -> String {
        let clean = text.shown()
        if clean.count > width { return String(clean.prefix(max(0, width - 1))) + "…" }
        return clean + String(repeating: " ", count: width - clean.count)
    }
}
