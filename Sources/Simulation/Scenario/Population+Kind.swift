extension Population {
    /// What the members of a population do.
    ///
    /// The word of a case is its name in scenario files. What a kind takes beside the keys of every population is in
    /// `takes`, its values if nothing is said in `settings`.
    package enum Kind: String, CaseIterable, Sendable {
        /// Trains on its data and sends what it got.
        case honest
        /// Sends an update of zeros.
        case zero
        /// Sends Gaussian noise as long as the last global delta.
        case noise
        /// Sends the last global delta again.
        case replay
        /// Sends the last global delta with Gaussian noise on top.
        case replayNoise = "replay-noise"
        /// Trains on its data with every label y turned to (classes - 1 - y).
        case labelFlip = "label-flip"
        /// Trains honestly, but often never answers.
        case dropOut = "drop-out"
        /// Sends the last `lag` global deltas less their projection on the last one.
        case history
        /// Sends a random mix of the last eight global deltas, and a random kick.
        case historyMix = "history-mix"
        /// Two keys send +v and -v, v being older deltas less their projection on the last one.
        case pairHistory = "pair-history"
        /// Two keys send +v and -v, v being noise.
        case pairNoise = "pair-noise"
        /// Three keys send noise that sums to zero.
        case tripleNoise = "triple-noise"
        /// Sends noise in odd rounds and takes it back in even ones.
        case junkUndo = "junk-undo"
        /// Sends updates of a few steps of the grid.
        case tinyNorms = "tiny-norms"
        /// Sends the public model's own last layer, which makes the model surer.
        case sharpen
        /// Trains honestly and claims many times its examples.
        case claims
        /// Sends another's update of the same round. Needs what the coordinator keeps to itself.
        case copy
        /// Sends another's update of `lag` rounds before. Needs what the coordinator keeps to itself.
        case staleCopy = "stale-copy"
        /// Sends its honest update several times over.
        case scaled
        /// Trains on few of its examples.
        case fewExamples = "few-examples"
        /// Sends its honest update backwards, several times over.
        case poison
        /// Works in odd rounds and sends zeros in even ones.
        case alternating
        /// Works in the first rounds and replays from then on.
        case sleeper
        /// Works in the first rounds and sends zeros from then on.
        case earlyOnly = "early-only"
        /// Works honestly from a later round on.
        case late
        /// Works honestly in the first rounds and does not answer after them.
        case leaves
        /// Follows the validation set. Needs what the coordinator keeps to itself.
        case validationHolder = "validation-holder"
        /// Several keys work on the same rows.
        case sameData = "same-data"
        /// Several keys divide one share.
        case halfData = "half-data"
        /// Trains on inputs made up from the public models.
        case reconstruct
        /// Trains on public pictures of the same things: ten glyphs of a font for the digits.
        case publicData = "public-data"
        /// Two keys with one share send their honest update plus and minus a multiple of it, or noise.
        case pairOwn = "pair-own"
        /// Two keys with one share send their honest update plus and minus older deltas.
        case pairOwnHistory = "pair-own-history"
    }
}

extension Population.Kind {
    /// Whether members send something else than honest work of their own, or more keys than they are.
    package var cheats: Bool {
        switch self {
        case .honest, .dropOut, .late, .leaves: false
        default: true
        }
    }

    /// Whether members hold a part of the training data.
    package var holdsData: Bool {
        if case .nothing = holding { false } else { true }
    }

    /// Which training data members have.
    package var holding: Population.Holding {
        switch self {
        case .honest, .dropOut, .labelFlip, .claims, .scaled, .fewExamples, .poison, .alternating, .sleeper,
            .earlyOnly, .late, .leaves:
            .shareEach
        case .pairOwn, .pairOwnHistory: .sharePerPair
        case .sameData: .sameShare
        case .halfData: .splitShare
        case .zero, .noise, .replay, .replayNoise, .history, .historyMix, .pairHistory, .pairNoise, .tripleNoise,
            .junkUndo, .tinyNorms, .sharpen, .copy, .staleCopy, .validationHolder, .reconstruct, .publicData:
            .nothing
        }
    }

    /// Whether the kind needs what a sound coordinator shows nobody: others' updates of the open round, or the
    /// validation set. Such a kind runs in simulations alone.
    package var isOracle: Bool {
        switch self {
        case .copy, .staleCopy, .validationHolder: true
        default: false
        }
    }

    /// Whether members look at models before the newest one.
    package var looksBack: Bool {
        switch self {
        case .noise, .replay, .replayNoise, .history, .historyMix, .pairHistory, .pairNoise, .tripleNoise, .junkUndo,
            .copy, .staleCopy, .sleeper, .validationHolder, .reconstruct, .pairOwnHistory:
            true
        case .honest, .dropOut, .labelFlip, .zero, .tinyNorms, .sharpen, .claims, .scaled, .fewExamples, .poison,
            .alternating, .earlyOnly, .late, .leaves, .sameData, .halfData, .publicData, .pairOwn:
            false
        }
    }

    /// The settings that count for the kind. Noise may be named for any kind, as it could before there were settings.
    package var takes: [Population.Setting] {
        switch self {
        case .honest, .zero, .replay, .labelFlip, .dropOut, .alternating, .sameData, .halfData: []
        case .noise: [.toBound]
        case .replayNoise: [.noise, .toBound]
        case .history, .pairOwnHistory: [.lag, .scale, .toBound]
        case .historyMix: [.kick, .scale, .toBound]
        case .pairHistory: [.lag, .scale, .toBound]
        case .pairNoise, .tripleNoise, .junkUndo, .tinyNorms, .sharpen: [.scale]
        case .pairOwn: [.scale, .noise]
        case .claims: [.claims]
        case .copy: [.variant, .noise]
        case .staleCopy: [.lag]
        case .scaled, .poison: [.factor, .toBound]
        case .fewExamples: [.examples, .toBound]
        case .sleeper, .earlyOnly, .late, .leaves: [.rounds]
        case .validationHolder: [.variant, .scale]
        case .reconstruct: [.variant, .examples, .rounds, .toBound]
        case .publicData: [.examples, .noise, .toBound]
        }
    }

    /// The forms that the kind has; the first if nothing is said.
    package var variants: [Population.Variant] {
        switch self {
        case .copy: [.exact, .noisy, .mean]
        case .validationHolder: [.gradient, .training]
        case .reconstruct: [.matched, .distilled]
        default: []
        }
    }

    /// The settings of the kind if nothing is said.
    package var settings: Population.Settings {
        var settings = Population.Settings()
        settings.variant = variants.first
        switch self {
        case .history: settings.lag = 3
        case .pairHistory:
            settings.lag = 3
            settings.scale = 100
        case .pairOwnHistory: settings.lag = 3
        case .pairOwn: settings.scale = 3
        case .earlyOnly: settings.rounds = 2
        case .leaves: settings.rounds = 10
        case .reconstruct:
            settings.rounds = 3
            settings.examples = 30
        case .publicData: settings.examples = 100
        default: break
        }
        return settings
    }
}
