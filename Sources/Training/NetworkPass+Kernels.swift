internal import CKernels

/// One batch's way through a model, forwards and backwards: pointers only, so that a step counts no references.
///
/// Valid while the workspace, the weights and the inputs that it points into are.
struct NetworkPass {
    let kernels: tk_kernels
    let layers: UnsafeMutableBufferPointer<DensePlan>
    /// Rows that the activations have room for.
    let capacity: Int
    let activations: UnsafeMutablePointer<Float>
    let deltas: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    let biasGradient: UnsafeMutablePointer<Float>
    let losses: UnsafeMutablePointer<Float>

    /// - Throws: `TrainingError` with code `unsupportedKernels` if the kernels cannot run here.
    init(_ workspace: BatchWorkspace, variant: KernelVariant) throws(TrainingError) {
        kernels = try variant.kernels()
        layers = workspace.layers
        capacity = workspace.capacity
        activations = workspace.activations
        deltas = workspace.deltas
        biasGradient = workspace.biasGradient
        losses = workspace.losses
    }

    /// A layer's outputs, row by row at the layer's stride.
    func outputs(of layer: DensePlan) -> UnsafeMutablePointer<Float> {
        unsafe activations + capacity * layer.activationOffsetPerRow
    }

    /// The last layer's outputs.
    var logits: UnsafeMutablePointer<Float> { unsafe outputs(of: layers[layers.count - 1]) }

    /// Computes every layer's outputs for `rows` rows of inputs.
    func forward(
        rows: Int,
        weights: UnsafePointer<Float>,
        inputs: UnsafePointer<Float>,
        inputStride: Int
    ) {
        var source = inputs
        var sourceStride = inputStride
        for index in 0..<layers.count {
            let layer = unsafe layers[index]
            let target = unsafe outputs(of: layer)
            unsafe kernels.gemm_nn(
                rows,
                layer.outputs,
                layer.inputs,
                source,
                sourceStride,
                weights + layer.kernelOffset,
                layer.kernelStride,
                target,
                layer.stride,
                weights + layer.biasOffset,
                layer.hasReLU ? 1 : 0
            )
            source = unsafe UnsafePointer(target)
            sourceStride = layer.stride
        }
    }

    /// Row losses, and the gradient of their sum times `scale` with respect to the logits in `deltas.0`.
    func loss(rows: Int, labels: UnsafePointer<UInt8>, scale: Float) {
        let last = unsafe layers[layers.count - 1]
        unsafe kernels.softmax_cross_entropy(
            rows,
            last.outputs,
            outputs(of: last),
            last.stride,
            labels,
            scale,
            losses,
            deltas.0,
            last.stride
        )
    }

    /// Row losses only.
    func loss(rows: Int, labels: UnsafePointer<UInt8>) {
        let last = unsafe layers[layers.count - 1]
        unsafe kernels.softmax_cross_entropy(
            rows,
            last.outputs,
            outputs(of: last),
            last.stride,
            labels,
            1,
            losses,
            nil,
            0
        )
    }

    /// The sum of the row losses in Float64, in row order.
    func lossSum(rows: Int) -> Double {
        var sum = 0.0
        for row in 0..<rows { sum += unsafe Double(losses[row]) }
        return sum
    }

    /// Walks from the last layer to the first.
    ///
    /// `visit` is called with each layer, its inputs and the gradient of its sums, after the gradient has been passed
    /// on to the layer before, so that it may change the layer's weights.
    @inline(__always)
    func backward(
        rows: Int,
        weights: UnsafePointer<Float>,
        inputs: UnsafePointer<Float>,
        inputStride: Int,
        visit: (
            _ layer: DensePlan, _ inputs: UnsafePointer<Float>, _ inputStride: Int, _ delta: UnsafePointer<Float>
        ) -> Void
    ) {
        var delta = deltas.0
        var next = deltas.1
        for index in stride(from: layers.count - 1, through: 1, by: -1) {
            let layer = unsafe layers[index]
            let before = unsafe layers[index - 1]
            let source = unsafe outputs(of: before)
            unsafe kernels.gemm_nt(
                rows,
                layer.inputs,
                layer.outputs,
                delta,
                layer.stride,
                weights + layer.kernelOffset,
                layer.kernelStride,
                next,
                before.stride,
                before.hasReLU ? source : nil,
                before.stride
            )
            unsafe visit(layer, source, before.stride, delta)
            swap(&delta, &next)
        }
        unsafe visit(layers[0], inputs, inputStride, delta)
    }
}
