/// A model's parameters, or an update to them: named float32 tensors over one flat buffer.
package struct ParameterSet: ~Copyable, Sendable {
    /// Names, shapes and places of the tensors.
    package let layout: ParameterLayout
    /// The values of all tensors, in layout order.
    package var values: ParameterBuffer

    /// All zeros. Complexity: O(`layout.count`).
    package init(zeros layout: ParameterLayout) {
        self.layout = layout
        self.values = ParameterBuffer(zeros: layout.count)
    }

    /// Values that are anything until they are written, for those that will all be.
    package init(unwritten layout: ParameterLayout) {
        self.init(layout: layout, values: ParameterBuffer(unwritten: layout.count))
    }

    /// Takes over a buffer of exactly the layout's count.
    package init(layout: ParameterLayout, values: consuming ParameterBuffer) {
        precondition(values.count == layout.count, "the buffer's count is not the layout's")
        self.layout = layout
        self.values = values
    }

    /// Another set with the same values. Complexity: O(`layout.count`).
    package borrowing func copy() -> ParameterSet {
        ParameterSet(layout: layout, values: values.copy())
    }
}

/// A parameter set that no longer changes, shared by reference between threads: the round's global model.
package final class SharedParameterSet: Sendable {
    /// The parameters.
    package let parameters: ParameterSet

    package init(_ parameters: consuming ParameterSet) {
        self.parameters = parameters
    }
}
