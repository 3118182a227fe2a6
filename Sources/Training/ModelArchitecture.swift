package import Tensors

/// The shape of a classifier: dense layers with ReLU between them, and a softmax over the classes at the end.
///
/// Without hidden layers it is softmax regression; 784-200-200-10 is the "2NN" of McMahan et al. (2017).
package struct ModelArchitecture: Hashable, Sendable {
    /// Features of one example.
    package let inputCount: Int
    /// Width of each hidden layer, first to last.
    package let hiddenCounts: [Int]
    /// Classes.
    package let classCount: Int
    /// The layers, first to last.
    package let layers: [Layer]
    /// The parameters' names, shapes and places: `layers.0.kernel` [in, out], `layers.0.bias` [out],
    /// `layers.1.kernel`, …
    package let parameterLayout: ParameterLayout

    /// A model of dense layers.
    ///
    /// - Throws: `TrainingError` with code `invalidArchitecture` if a width is not positive or a limit of
    ///   `TrainingLimits` is passed.
    package init(inputCount: Int, hiddenCounts: [Int] = [], classCount: Int) throws(TrainingError) {
        guard hiddenCounts.count < TrainingLimits.layerCount else {
            throw TrainingError(
                .invalidArchitecture,
                "\(hiddenCounts.count) hidden layers; at most \(TrainingLimits.layerCount - 1) are allowed"
            )
        }
        let widths = [inputCount] + hiddenCounts
        if let bad = widths.first(where: { !(1...TrainingLimits.layerWidth).contains($0) }) {
            throw TrainingError(
                .invalidArchitecture,
                "a layer of width \(bad); 1 to \(TrainingLimits.layerWidth) are allowed"
            )
        }
        guard (1...TrainingLimits.classCount).contains(classCount) else {
            throw TrainingError(
                .invalidArchitecture,
                "\(classCount) classes; 1 to \(TrainingLimits.classCount) are allowed"
            )
        }
        let ends = widths.dropFirst() + [classCount]
        let layers = zip(widths, ends).enumerated().map { index, width in
            Layer.dense(
                inputs: width.0,
                outputs: width.1,
                activation: index < hiddenCounts.count ? .relu : .none
            )
        }
        self.inputCount = inputCount
        self.hiddenCounts = hiddenCounts
        self.classCount = classCount
        self.layers = layers
        self.parameterLayout = try Self.layout(of: layers)
    }

    /// Parameters to start from: kernel and bias of a layer with n inputs uniform in [-1/√n, 1/√n).
    ///
    /// Values are drawn in storage order from the stream `init` of the seed, one a parameter, in Float64 and rounded to
    /// float32 once. Complexity: O(parameters).
    package func initialParameters(seed: UInt64) -> ParameterSet {
        var generator = SeededGenerator(seed: seed, stream: "init")
        var parameters = ParameterSet(zeros: parameterLayout)
        var values = parameters.values.mutableSpan
        var place = 0
        for layer in layers {
            let range = 1 / Double(layer.inputCount).squareRoot()
            let end = place + (layer.inputCount + 1) * layer.outputCount
            while place < end {
                values[place] = Float((2 * generator.nextUnit() - 1) * range)
                place += 1
            }
        }
        return parameters
    }

    private static func layout(of layers: [Layer]) throws(TrainingError) -> ParameterLayout {
        let layout: ParameterLayout
        do {
            layout = try ParameterLayout(layers.enumerated().flatMap { $1.tensors(index: $0) })
        } catch {
            throw TrainingError(.invalidArchitecture, "the model's parameters cannot be laid out: \(error.message)")
        }
        guard layout.count <= TrainingLimits.parameterCount else {
            throw TrainingError(
                .invalidArchitecture,
                "a model of \(layout.count) parameters; the limit is \(TrainingLimits.parameterCount)"
            )
        }
        return layout
    }
}
