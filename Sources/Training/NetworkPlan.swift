internal import Tensors

/// Where a dense layer's values lie: its parameters, and its place in the activations of a batch.
struct DensePlan {
    let inputs: Int
    let outputs: Int
    let hasReLU: Bool
    /// Values between the starts of two rows of the kernel.
    let kernelStride: Int
    /// Where the kernel and the bias start, in the plan's parameters.
    let kernelOffset: Int
    let biasOffset: Int
    /// Where the kernel and the bias start, in the architecture's layout.
    let layoutKernelOffset: Int
    let layoutBiasOffset: Int
    /// Values between the starts of two rows of outputs in a batch.
    let stride: Int
    /// Where the outputs of a batch start, for each row of the batch's capacity.
    let activationOffsetPerRow: Int
}

/// A model's layers laid out for the kernels.
///
/// Rows of activations always start at a multiple of 16 values (64 bytes). Rows of the parameters do if `aligned`,
/// which training wants; unaligned parameters lie as in the architecture's layout, so that they need no copy.
struct NetworkPlan {
    let layers: [DensePlan]
    /// Values of all parameters, gaps included.
    let parameterCount: Int
    /// Values of all layers' outputs for one example, gaps included.
    let activationsPerRow: Int
    /// The widest layer's output, gaps included.
    let widestStride: Int
    /// Values between the starts of two gathered rows of inputs.
    let inputStride: Int

    init(_ architecture: ModelArchitecture, aligned: Bool) {
        var layers: [DensePlan] = []
        var offset = 0
        var layoutOffset = 0
        var activations = 0
        for case .dense(let inputs, let outputs, let activation) in architecture.layers {
            let stride = Self.padded(outputs)
            let kernelStride = aligned ? stride : outputs
            layers.append(
                DensePlan(
                    inputs: inputs,
                    outputs: outputs,
                    hasReLU: activation == .relu,
                    kernelStride: kernelStride,
                    kernelOffset: offset,
                    biasOffset: offset + inputs * kernelStride,
                    layoutKernelOffset: layoutOffset,
                    layoutBiasOffset: layoutOffset + inputs * outputs,
                    stride: stride,
                    activationOffsetPerRow: activations
                )
            )
            offset += (inputs + 1) * kernelStride
            layoutOffset += (inputs + 1) * outputs
            activations += stride
        }
        self.layers = layers
        parameterCount = offset
        activationsPerRow = activations
        widestStride = layers.map(\.stride).max() ?? 0
        inputStride = Self.padded(architecture.inputCount)
    }

    private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
