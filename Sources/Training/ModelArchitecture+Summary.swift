extension ModelArchitecture {
    /// The model in a few letters, for people: "mlp 64-64-10" or "softmax regression 64-10".
    package var summary: String {
        let widths = ([inputCount] + hiddenCounts + [classCount]).map(String.init).joined(separator: "-")
        return hiddenCounts.isEmpty ? "softmax regression \(widths)" : "mlp \(widths)"
    }
}
