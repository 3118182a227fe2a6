internal import Tensors
package import Training

/// A dense network in Float64 that also gives its loss's gradient by the inputs, to reconstruct them.
package struct InputGradients {
    /// Loss and gradients at one point.
    package struct Result {
        /// Mean cross entropy.
        package let loss: Double
        /// By the parameters, in layout order.
        package let byParameters: [Double]
        /// By the inputs, row-major.
        package let byInputs: [Double]
    }

    private let layers: [Layer]
    private let labels: [UInt8]

    package init(architecture: ModelArchitecture, labels: [UInt8]) {
        layers = architecture.layers
        self.labels = labels
    }

    /// Complexity: three products of rows × parameters.
    package func gradients(of parameters: [Double], at inputs: [Double]) -> Result {
        let rows = labels.count
        var activations = [inputs]
        var offsets: [Int] = []
        var offset = 0
        for (index, layer) in layers.enumerated() {
            offsets.append(offset)
            let isLast = index == layers.count - 1
            activations.append(forward(layer, parameters, offset, activations[index], isLast: isLast))
            offset += (layer.inputCount + 1) * layer.outputCount
        }
        var (loss, delta) = lossAndDelta(activations[layers.count])
        var byParameters = [Double](repeating: 0, count: parameters.count)
        for index in layers.indices.reversed() {
            let layer = layers[index]
            let below = activations[index]
            var deltaBelow = backward(layer, parameters, offsets[index], below, delta, into: &byParameters)
            if index > 0 {
                for place in deltaBelow.indices where below[place] <= 0 { deltaBelow[place] = 0 }
            }
            delta = deltaBelow
        }
        loss /= Double(rows)
        return Result(loss: loss, byParameters: byParameters, byInputs: delta)
    }

    private func forward(
        _ layer: Layer, _ parameters: [Double], _ offset: Int, _ inputs: [Double], isLast: Bool
    ) -> [Double] {
        let (width, outputs) = (layer.inputCount, layer.outputCount)
        var sums = [Double](repeating: 0, count: labels.count * outputs)
        parameters.withUnsafeBufferPointer { parameters in
            inputs.withUnsafeBufferPointer { inputs in
                sums.withUnsafeMutableBufferPointer { sums in
                    for row in labels.indices {
                        let place = row * outputs
                        for output in 0..<outputs {
                            sums[place + output] = parameters[offset + width * outputs + output]
                        }
                        for input in 0..<width {
                            let value = inputs[row * width + input]
                            guard value != 0 else { continue }
                            let kernel = offset + input * outputs
                            for output in 0..<outputs { sums[place + output] += value * parameters[kernel + output] }
                        }
                        guard !isLast else { continue }
                        for output in 0..<outputs { sums[place + output] = max(0, sums[place + output]) }
                    }
                }
            }
        }
        return sums
    }

    /// The sum of the losses, and the gradient of the mean by the logits.
    private func lossAndDelta(_ logits: [Double]) -> (Double, [Double]) {
        let classes = layers.last?.outputCount ?? 1
        var delta = logits
        var loss = 0.0
        for (row, label) in labels.enumerated() {
            let place = row * classes
            let largest = logits[place..<place + classes].max() ?? 0
            var sum = 0.0
            for index in place..<place + classes {
                delta[index] = PortableMath.exp(logits[index] - largest)
                sum += delta[index]
            }
            loss += PortableMath.log(sum) - (logits[place + Int(label)] - largest)
            for index in place..<place + classes { delta[index] /= sum }
            delta[place + Int(label)] -= 1
            for index in place..<place + classes { delta[index] /= Double(labels.count) }
        }
        return (loss, delta)
    }

    private func backward(
        _ layer: Layer, _ parameters: [Double], _ offset: Int, _ below: [Double], _ delta: [Double],
        into gradient: inout [Double]
    ) -> [Double] {
        let (width, outputs) = (layer.inputCount, layer.outputCount)
        var deltaBelow = [Double](repeating: 0, count: below.count)
        parameters.withUnsafeBufferPointer { parameters in
            delta.withUnsafeBufferPointer { delta in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    for row in labels.indices {
                        let place = row * outputs
                        for output in 0..<outputs {
                            gradient[offset + width * outputs + output] += delta[place + output]
                        }
                        for input in 0..<width {
                            let value = below[row * width + input]
                            let kernel = offset + input * outputs
                            var sum = 0.0
                            for output in 0..<outputs {
                                sum += delta[place + output] * parameters[kernel + output]
                                gradient[kernel + output] += value * delta[place + output]
                            }
                            deltaBelow[row * width + input] = sum
                        }
                    }
                }
            }
        }
        return deltaBelow
    }
}
