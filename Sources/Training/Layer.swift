/// One step of a model from a batch of values to the next.
///
/// A convolution becomes another case: what a layer must tell is its widths and its tensors.
package enum Layer: Hashable, Sendable {
    /// What is applied to a layer's sums.
    package enum Activation: Hashable, Sendable {
        /// Nothing: the sums are the logits.
        case none
        /// +0 for what is below zero.
        case relu
    }

    /// y = activation(x W + b), with W of shape [inputs, outputs] and b of shape [outputs].
    case dense(inputs: Int, outputs: Int, activation: Activation)

    /// Values of one example that go in.
    package var inputCount: Int {
        switch self {
        case .dense(let inputs, _, _): inputs
        }
    }

    /// Values of one example that come out.
    package var outputCount: Int {
        switch self {
        case .dense(_, let outputs, _): outputs
        }
    }

    /// The layer's tensors, the `index`-th of the model's.
    package func tensors(index: Int) -> [(name: String, shape: [Int])] {
        switch self {
        case .dense(let inputs, let outputs, _):
            [
                (name: "layers.\(index).kernel", shape: [inputs, outputs]),
                (name: "layers.\(index).bias", shape: [outputs]),
            ]
        }
    }
}
