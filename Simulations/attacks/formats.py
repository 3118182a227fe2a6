"""What differs between the two versions of the ledger's rules: task files, statements, and what the ledger says."""
OLD, NEW = "old", "new"

# Entry bodies and enumerations of Protocols/tributary/v1/ledger.proto.
GENESIS, REGISTERED, TASK_OPENED, ROUND_OPENED, ACCEPTED, ENTRY_REFUSED = 16, 17, 18, 19, 20, 21
SEALED, SCORES, TRANSFER, CLOSED, SNAPSHOT, REVEALED, SETTLED = 22, 23, 24, 26, 27, 29, 30
AGGREGATED, NO_QUORUM, DIVERGED, ABANDONED = 1, 2, 3, 4
REWARD, BURN = 5, 7
OUTCOME_WORDS = {AGGREGATED: "aggregated", NO_QUORUM: "without quorum", DIVERGED: "diverged", ABANDONED: "abandoned"}

CAP_TOKENS, POOL_TOKENS, TARGET_NATS = 1_000_000, 2_000, 1.9


class Terms:
    """What a task pays and how; the same intention in either version's words."""

    def __init__(self, trust="open", pool=POOL_TOKENS, target=TARGET_NATS, sponsor=None, units=None,
                 bound="auto", disclosure="after-close", accepts_unproved_pay=False, weighting="units",
                 samples_cap=0):
        self.trust, self.pool, self.target, self.sponsor = trust, pool, target, sponsor
        self.disclosure, self.weighting, self.samples_cap = disclosure, weighting, samples_cap
        self.units, self.bound, self.accepts_unproved_pay = units or {}, bound, accepts_unproved_pay

    def text(self, version, rounds, examples):
        """The task file's lines; `examples` are those of an ordinary worker, for the bound on an update's length."""
        source = f"source: sponsor, sponsor: {self.sponsor}" if self.sponsor else "source: emission"
        if version == OLD:
            # Epochs of ten rounds, as in the findings.
            return (f"reward: {{ score: path-novel, pool_per_round: \"{self.pool // rounds}\", "
                    f"epoch_rounds: {min(10, rounds)}, {source} }}\n")
        units = ", ".join(f'"{name}": {count}' for name, count in self.units.items())
        given = f", units: {{ {units} }}" if units else ""
        told = ", unproved_pay: accepted" if self.accepts_unproved_pay else ""
        told += f", samples_cap: {self.samples_cap}" if self.samples_cap else ""
        weights = (f"bound: {self.bound}, examples: {examples}{given}" if self.weighting == "units"
                   else f"weighting: {self.weighting}")
        return (f"trust: {self.trust}\n"
                f"reward: {{ score: value, pool: \"{self.pool}\", target_drop: {self.target}, {source}{told} }}\n"
                f"disclosure: {self.disclosure}\n"
                f"weights: {{ {weights} }}\n")


def task_text(version, name, seed, rounds, hidden, size, quorum, deadline_seconds, terms, examples):
    """A task file for the digits."""
    layers = ", ".join(map(str, hidden))
    return (f"name: {name}\nseed: {seed}\nrounds: {rounds}\nschema: {{ features: 64, classes: 10 }}\n"
            f"model: {{ hidden: [{layers}] }}\ntraining: {{ epochs: 1, batch: 10, learning_rate: 0.2 }}\n"
            f"cohort: {{ size: {size}, quorum: {quorum}, deadline_s: {deadline_seconds} }}\n"
            f"{terms.text(version, rounds, examples)}")
