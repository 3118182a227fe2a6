extension Scenario {
    /// The scenario that `tributary simulate` runs without an argument: the embedded digits, eight honest
    /// participants, two that drop out now and then, and one of each kind of cheat.
    ///
    /// Kept equal to Simulations/scenarios/digits-default.yaml by a test.
    package static let defaultText = """
        # Optical digits, ten who work and five who cheat: `tributary simulate` without an argument.
        name: digits-default
        seed: 1
        rounds: 30

        # 1,797 images of 8x8 come with the program. The coordinator keeps 300 to score contributions on, and 300 more
        # to report accuracy on; the rest is dealt out evenly.
        data: { source: digits, validation: 300, test: 300 }
        partition: { rule: iid }

        # One hidden layer of 64; each participant trains one epoch a round.
        model: { hidden: [64] }
        training: { epochs: 1, batch: 10, learning_rate: 0.2 }

        # Everybody is invited each round; half of them make a quorum.
        cohort: { size: 15, quorum: 8, deadline_s: 60 }

        # Keys that somebody vouches for, and no more: each is paid for what it added to the model that earlier rounds
        # did not already predict. 3,000 tokens once the validation loss has fallen by 2 nat, less if by less.
        trust: open
        reward: { score: value, pool: "3000", target_drop: 2, source: emission, cap: "1000000" }

        participants:
          - { kind: honest, count: 8 }
          - { kind: drop-out, count: 2, drop_out: 0.3 }
          - { kind: zero, count: 1 }
          - { kind: noise, count: 1 }
          - { kind: replay, count: 1 }
          - { kind: replay-noise, count: 1, noise: 0.3 }
          - { kind: label-flip, count: 1 }

        network: { latency_ms: 40, jitter_ms: 20, bandwidth_mbps: 50 }

        """
}
