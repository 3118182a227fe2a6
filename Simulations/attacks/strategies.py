"""What members send, round after round. A strategy is a function of (view, member, generator) that returns a change.

None of the attackers here has data unless its name says so. A few lines make another one.
"""
import numpy as np

from learning import LARGEST


def honest(view, member, generator):
    """One epoch on the member's own rows."""
    return view.train(member.rows, generator)


def nothing(view, member, generator):
    """No change at all but for one step of the grid, so that no two such updates have the same bytes."""
    change = np.zeros(view.network.count)
    change[generator.integers(len(change))] = generator.choice([-1, 1]) * 2.0 ** -24
    return change


def scaled(factor):
    """Honest work, made longer."""
    return lambda view, member, generator: factor * honest(view, member, generator)


def extremes(view, member, generator):
    """Random signs at the ends of the grid: the longest update there is."""
    return LARGEST * np.sign(generator.standard_normal(view.network.count))


def without(vector, direction):
    """The part of a vector that is at a right angle to a direction."""
    square = direction @ direction
    return vector - (vector @ direction) / square * direction if square else vector


def replay(view, member, generator):
    """The last change of the model once more."""
    if len(view.models) < 2:
        return nothing(view, member, generator)
    return view.delta() + nothing(view, member, generator)


def replay_with_noise(share):
    """A replay with noise of so much of its length, so that several keys do not send the same."""
    def send(view, member, generator):
        change = replay(view, member, generator)
        noise = generator.standard_normal(len(change))
        return change + share * np.linalg.norm(change) * noise / np.linalg.norm(noise)
    return send


def history(back, scale=1.0):
    """What the last few changes of the model have beside the very last one."""
    def send(view, member, generator):
        if len(view.models) < 3:
            return nothing(view, member, generator)
        place = min(back, len(view.models) - 1)
        return scale * without(view.model.astype(np.float64) - view.models[-1 - place], view.delta())
    return send


def noise(view, member, generator):
    """A random direction of the last change's length."""
    length = np.linalg.norm(view.delta()) if len(view.models) > 1 else 1.0
    change = generator.standard_normal(view.network.count)
    return length * change / np.linalg.norm(change)


def pair(base, kick):
    """Two strategies that send base + kick and base - kick, so that the aggregate does not show the kick."""
    shared = {}

    def plus(view, member, generator):
        shared["base"] = base(view, member, generator)
        shared["kick"] = kick(view, member, generator)
        return shared["base"] + shared["kick"]

    def minus(view, member, generator):
        return shared["base"] - shared["kick"]

    return plus, minus


def zero(view, member, generator):
    return np.zeros(view.network.count)


def earlier(model):
    """The way to a model of an earlier task, by the length of the model's last change."""
    def send(view, member, generator):
        way = model.astype(np.float64) - view.model
        length = np.linalg.norm(view.delta()) if len(view.models) > 1 else 2.0
        return way * min(1.0, length / max(np.linalg.norm(way), 1e-12))
    return send


def junk_and_undo(keys):
    """Harm in one round and its repair in the next, sold as work, by so many keys."""
    shared = {}

    def send(view, member, generator):
        if view.round % 2:
            length = np.linalg.norm(view.delta()) if len(view.models) > 1 else 2.0
            if shared.get("round") != view.round:
                junk = np.random.default_rng([view.round, 99]).standard_normal(view.network.count)
                shared.update(round=view.round, junk=1.5 * length * junk / np.linalg.norm(junk))
            return shared["junk"] + nothing(view, member, generator)
        return -shared["junk"] + nothing(view, member, generator)

    return [send] * keys


def against(rows):
    """The downhill direction on some rows, without its part along the last change; of length one."""
    def send(view, member, generator):
        x, y = view.features[rows], view.labels[rows]
        change = -view.network.gradient(view.model.astype(np.float64), x, y)
        if len(view.models) > 1:
            change = without(change, view.delta())
        return change / np.linalg.norm(change)
    return send


def training_on(rows):
    """Local training on rows that are not the member's own."""
    return lambda view, member, generator: view.train(rows, generator)


def copy_of(name):
    """The bytes that another member has sent in this round already, as if they had leaked."""
    return lambda view, member, generator: view.sent[name]


def near_copy_of(name):
    """The same with one value changed by a step of the grid."""
    return lambda view, member, generator: view.sent[name] + nothing(view, member, generator)


def triggered(features):
    """Images with the backdoor's trigger: two corners lit."""
    marked = features.copy()
    marked[:, 0] = marked[:, 7] = 1
    return marked


def backdoor(attack_round, target=0):
    """One update that replaces the model by one with a backdoor; nothing before and after it. Has data."""
    def send(view, member, generator):
        if view.round != attack_round:
            return nothing(view, member, generator)
        x, y = view.features[member.rows], view.labels[member.rows]
        both = np.r_[x, triggered(x)], np.r_[y, np.full(len(y), target)]
        return view.network.trained(view.model, *both, generator, epochs=8) - view.model
    return send


def explode(rounds):
    """All hidden units on, and the outputs torn apart, in some rounds: the loss leaves every range."""
    def send(view, member, generator):
        if view.round not in rounds:
            return nothing(view, member, generator)
        start, inputs, outputs = view.network.layers[-1]
        change = np.full(view.network.count, LARGEST)
        change[start:] = LARGEST * np.tile([1] + [-1] * (outputs - 1), inputs + 1)
        return change
    return send
