internal import Tensors

extension ModelArchitecture {
    /// Refuses parameters of another layout.
    func check(_ layout: ParameterLayout) throws(TrainingError) {
        guard layout == parameterLayout else {
            throw TrainingError(
                .layoutMismatch,
                """
                parameters of \(layout.tensors.count) tensors and \(layout.count) values do not have the layout of the \
                model (\(parameterLayout.tensors.count) tensors, \(parameterLayout.count) values)
                """
            )
        }
    }

    /// Refuses examples with other features or more classes.
    func check(_ examples: LabelledExamples) throws(TrainingError) {
        guard examples.featureCount == inputCount, examples.classCount <= classCount else {
            throw TrainingError(
                .invalidExamples,
                """
                examples of \(examples.featureCount) features and \(examples.classCount) classes do not fit a model \
                of \(inputCount) features and \(classCount) classes
                """
            )
        }
    }
}
