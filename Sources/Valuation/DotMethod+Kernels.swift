internal import CFold

extension DotMethod {
    /// One block by the fused kernel.
    static func fusedBlock(
        _ update: UnsafePointer<Float>,
        _ gradient: UnsafePointer<Float>,
        _ second: UnsafePointer<Float>,
        count: Int
    ) -> (gradient: Double, second: Double) {
        var products = (0.0, 0.0)
        withUnsafeMutablePointer(to: &products) { pair in
            pair.withMemoryRebound(to: Double.self, capacity: 2) { tk_dot_pair(count, update, gradient, second, $0) }
        }
        return products
    }
}
