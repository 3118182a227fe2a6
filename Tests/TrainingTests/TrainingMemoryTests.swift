#if canImport(Glibc)
    import Glibc
    import Tensors
    import Testing
    import Training

    @Suite("Memory of training", .serialized)
    struct TrainingMemoryTests {
        @Test("Fifty thousand steps need no more memory than a thousand")
        func steps() throws {
            let examples = try TrainingFixtures.examples(count: 40, features: 30, classes: 5)
            let model = try ModelArchitecture(inputCount: 30, hiddenCounts: [20], classCount: 5)
            let trainer = try LocalTrainer(architecture: model, batchSize: 4)
            let start = model.initialParameters(seed: 1)
            let configuration = try TrainingConfiguration(epochs: 1, batchSize: 4, learningRate: 0.01)
            let order = (0..<4_000).map { $0 % 40 }
            // Other tests run beside this one; one quiet stretch of 50,000 steps in ten is enough.
            let isSteady = try (0..<10).contains { _ in
                let before = peakKilobytes()
                for _ in 0..<50 {
                    try trainer.train(from: start, on: examples, order: order, configuration: configuration)
                }
                return peakKilobytes() - before < 256
            }
            #expect(isSteady)
        }

        private func peakKilobytes() -> Int {
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss
        }
    }
#endif
