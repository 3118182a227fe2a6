package import Ledger

extension RefusalReason {
    /// The reason as one word of logs, reports and JSON: `staleRound` is "stale-round".
    package var name: String {
        "\(self)".reduce(into: "") { name, letter in
            if letter.isUppercase { name.append("-") }
            name.append(contentsOf: letter.lowercased())
        }
    }
}
