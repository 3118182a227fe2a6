/// The oldest score of all: the examples that an update was trained on, as its sender counts them.
///
/// It costs nothing and cannot be recomputed; without a data commitment (level L1) it pays whoever claims most.
package struct SampleScore: Hashable, Sendable {
    /// Examples.
    package let samples: Int64

    package init(samples: Int64) {
        self.samples = samples
    }
}
