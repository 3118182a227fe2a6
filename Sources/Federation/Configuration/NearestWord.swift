/// Finds the known word that a mistyped one was probably meant to be.
package enum NearestWord {
    /// The nearest of the candidates by Levenshtein distance, or nil if none is within a third of the word's length
    /// (at least 1). Complexity: O(candidates · lengths product).
    package static func to(_ word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(64))
        let allowed = max(1, (letters.count + 2) / 3)
        let ranked = candidates.map { (distance(letters, Array($0.lowercased().utf8.prefix(64))), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }), best.0 <= allowed else { return nil }
        return best.1
    }

    /// Levenshtein's distance: insertions, removals and replacements.
    package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let replaced = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
