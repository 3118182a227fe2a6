"""The attacks that a task's payments judge.

The reproductions of findings have four honest workers, as the findings had; the others have five.
"""
import numpy as np

import strategies as s
import thefts
from federation import Federation, Member
from formats import Terms
from learning import unsalted_root
from row import NO_DATA, Row, identical, idle, judged, pay, workers

MOST = 1 << 24  # the largest example count that a statement may name


def backdoor_success(outcome):
    """The share of held-out images of other classes that the trigger turns into class 0."""
    x, y = outcome.held_out
    shown = outcome.view.network.classes(outcome.view.models[-1].astype(np.float64), s.triggered(x[y != 0]))
    return float((shown == 0).mean())


def one_backdoor(setting):
    """One update that replaces the model, with the largest claim there is, and three rounds of honest work after it."""
    with setting.coordinator() as coordinator:
        members = workers(4) + [Member("a0", s.backdoor(attack_round=3), examples=MOST)]
        outcome = Federation(coordinator, members, setting.seed).play(rounds=6, terms=Terms())
    success = backdoor_success(outcome)
    return judged(outcome, f"the trigger works on {success:.0%}", holds=success <= 0.2, success=success)


def diverge(setting):
    """One update of a deep model, as long as the grid allows, in round 1."""
    with setting.coordinator() as coordinator:
        members = workers(4) + idle(s.explode({1}), examples=MOST)
        outcome = Federation(coordinator, members, setting.seed).play(rounds=16, hidden=(64,) * 3, terms=Terms())
    return judged(outcome, outcome.ledger.rounds(), holds=outcome.honest.all())


def diverge_three_times(setting):
    """The same in rounds 8 to 10 of a deeper model, under a bound so large that it is none."""
    with setting.coordinator() as coordinator:
        members = workers(4) + idle(s.explode({8, 9, 10}), examples=MOST)
        outcome = Federation(coordinator, members, setting.seed).play(
            rounds=20, hidden=(200,) * 4, terms=Terms(bound=1_000_000, target=0.8))
    return judged(outcome, outcome.ledger.rounds(), holds=outcome.honest.all())


def shut_out(setting):
    """32 keys that send nothing and claim the most, before two honest workers send."""
    with setting.coordinator() as coordinator:
        members = [Member(f"a{place}", s.nothing, rows=NO_DATA, examples=MOST) for place in range(32)] + workers(2)
        refused = []
        for member in members[32:]:
            member.deliver = noting(refused)
        outcome = Federation(coordinator, members, setting.seed).play(rounds=2, terms=Terms())
    got = f"{len(refused)} honest contributions refused" + (f" ({refused[0]})" if refused else "")
    return judged(outcome, got, holds=not refused and outcome.honest.all())


def noting(refused):
    """An honest delivery that notes what was refused, and then leaves, so that the round goes on."""
    def deliver(view, member, order, blob, count):
        reply = thefts.attempt(lambda: member.participant.send(order, blob, view.network.count, count))
        if not reply.accepted:
            refused.append(reply.reason)
            member.participant.leave()
        return [reply]
    return deliver


def validation_by_seed(setting):
    """The validation set as the task's public seed divides the public digits; it is recognised by its digest."""
    with setting.coordinator() as coordinator:
        federation = Federation(coordinator, workers(4), setting.seed, is_public_set=True)
        rows = federation.validation
        federation.join(Member("a0", s.against(rows), rows=NO_DATA))
        outcome = federation.play(rounds=setting.rounds, terms=Terms())
        guessed = unsalted_root(federation.features[rows], federation.labels[rows])
    is_known = outcome.ledger.opening.bytes(6) == guessed
    return judged(outcome, f"the set is {'' if is_known else 'not '}recognised", holds=not is_known)


def earlier_model(setting):
    """A task like one that has ended, with the same seed: the old model shows the way."""
    with setting.coordinator() as coordinator:
        federation = Federation(coordinator, workers(5), setting.seed)
        ended = federation.play("first", rounds=10, terms=Terms(), audit=False)
        federation.join(Member("a0", s.earlier(ended.view.models[-1]), rows=NO_DATA))
        outcome = federation.play("second", rounds=setting.rounds, terms=Terms())
    is_same = bool(np.array_equal(outcome.view.models[0], ended.view.models[0]))
    return judged(outcome, f"the start is {'the same' if is_same else 'another'}", holds=not is_same)


def idle_pair(kick):
    return lambda: workers(4) + idle(*s.pair(s.zero, kick))


def worker_pair():
    """One worker with two keys."""
    plus, minus = s.pair(s.honest, s.scaled(10.0))
    return workers(4) + [Member("a0", plus), Member("a1", minus, rows=NO_DATA)]


def thief(deliver):
    return pay(lambda: workers(4) + idle(s.copy_of("h0"), deliver=deliver))


def equal(count, trust, **options):
    """The row of so many equal workers."""
    return Row(f"identical workers, {count}, {trust}", "honest work of equal data", identical(count, trust),
               least=0.9, variation=0.10, holds="smallest >= 0.6 of median", finding="M7", **options)


PAY_ROWS = [
    equal(5, "open", is_short=True), equal(10, "open"), equal(5, "known"), equal(10, "known"),
    Row("pair of idle keys, history", "+v and -v, v = 100 times old changes", pay(idle_pair(s.history(3, 100.0))),
        most=0.35, least=0.9, finding="M1", is_short=True),
    Row("pair of idle keys, noise", "+v and -v, v = random signs, longest", pay(idle_pair(s.extremes)),
        most=0.35, least=0.9, finding="M1"),
    Row("pair around one worker's update", "d+v and d-v, v = 10 d", pay(worker_pair),
        most=1.35, least=0.9, finding="M1"),
    Row("claims 2^24 examples", "honest work, sample_count 2^24", pay(
        lambda: workers(4) + [Member("a0", s.honest, examples=MOST)]),
        most=1.35, least=0.9, finding="M2", is_short=True),
    Row("freeze", "zeros that claim 2^24 examples", pay(
        lambda: workers(4) + idle(s.nothing, examples=MOST)), most=0.35, least=0.9, finding="M2"),
    Row("backdoor in one update", "a replaced model in round 3 of 6, claims 2^24", one_backdoor,
        most=1.35, least=0.85, holds="trigger <= 20 %", finding="M2"),
    Row("theft by digest", "a digest read in the open round", thief(thefts.by_digest()),
        most=0.35, least=0.9, finding="M3", is_short=True),
    Row("theft by digest, claims 2^24", "the same, sample_count 2^24", thief(thefts.by_digest(MOST)),
        most=0.35, least=0.9, finding="M3"),
    Row("theft by a leaked digest", "a digest known from elsewhere", thief(thefts.by_digest(is_known=True)),
        most=0.35, least=0.9, finding="M3"),
    Row("copy of leaked bytes", "the same bytes, own possession proof", thief(thefts.by_bytes),
        most=0.35, least=0.9, finding="M3"),
    Row("history, 3 rounds", "w - w(-3) off the last change, twice", pay(
        lambda: workers(4) + idle(s.history(3, 2.0))), most=0.05, least=0.9, finding="M4", is_short=True),
    Row("history, 8 rounds", "w - w(-8) off the last change", pay(
        lambda: workers(4) + idle(s.history(8))), most=0.05, least=0.9, finding="M4"),
    Row("replay", "the last change again", pay(lambda: workers(5) + idle(s.replay)), most=0.05, least=0.9),
    Row("five replayers", "the same from five keys, 30 % noise", pay(
        lambda: workers(5) + idle(*[s.replay_with_noise(0.3)] * 5)), most=0.05, least=0.9),
    Row("noise", "random directions", pay(lambda: workers(5) + idle(s.noise)), most=0.35, least=0.9),
    Row("junk and undo, 3 keys", "harm, then its repair", pay(
        lambda: workers(5) + idle(*s.junk_and_undo(3))), most=0.10, least=0.9),
    Row("five of ten send next to nothing", "one step of the grid each, to lower the bound", pay(
        lambda: idle(*[s.nothing] * 5) + workers(5)), most=0.35, least=0.9),
    Row("validation set by the task's seed", "downhill on the set that the seed gives", validation_by_seed,
        most=1.35, least=0.9, holds="not recognised", finding="M5"),
    Row("model of an earlier task", "the way to it, same seed", earlier_model,
        most=0.35, least=0.9, holds="another start"),
    Row("one update diverges", "[64,64,64], grid's ends, round 1", diverge,
        most=0.35, least=0.75, holds="task closes", finding="S2", is_short=True),
    Row("updates diverge without a bound", "the same in rounds 8 to 10, [200] four times", diverge_three_times,
        most=0.35, holds="task closes, honest paid", finding="S2"),
    Row("32 keys shut others out", "zeros that claim 2^24, sent first", shut_out,
        most=0.35, holds="no honest refused", finding="S6", is_short=True),
    Row("longest updates", "random signs at the grid's ends", pay(
        lambda: workers(5) + idle(s.extremes)), most=0.35, least=0.9),
    Row("honest work times 10", "10 d", pay(
        lambda: workers(5) + [Member("a0", s.scaled(10.0))]), most=1.35, least=0.9),
    Row("replay where all are known", "the last change again, trust: known", pay(
        lambda: workers(5) + idle(s.replay), trust="known"), is_judged=False),
    Row("copy of leaked bytes, one step off", "h0's update with one value changed", pay(
        lambda: workers(5) + idle(s.near_copy_of("h0"))), is_judged=False),
    Row("public data of the domain", "honest work on 20 public examples", pay(
        lambda: workers(5) + [Member("a0", s.honest, rows=np.arange(20))]), is_judged=False),
]
