"""A row of the table: an attack, how one trial of it runs, and what must hold."""
import numpy as np

import strategies
from federation import Coordinator, Federation, Member
from formats import Terms

HOLDS, NEAR, FAILS = "holds", "near", "FAILS"
NO_DATA = np.array([], int)


class Result:
    """One trial: what the attackers got in words, figures by name, and whether all holds that is no figure's limit."""

    def __init__(self, got="", holds=True, **figures):
        self.got, self.holds, self.figures = got, holds, figures


class Row:
    """An attack.

    trial      called with a Setting; returns a Result
    most       the highest pay that holds, on average over the trials: the attackers' total over the honest mean
    least      the lowest accuracy that holds, in every trial
    variation  the highest coefficient of variation of equal workers' pay that holds, on average over the trials
    holds      in words, what else every trial must show
    is_judged  false for what is measured and stated, since no rule at this level withstands it
    is_short   whether the short form runs it, unless it is open
    is_once    whether one trial is enough, since nothing in it depends on the seed
    open       why the program of today does not hold it; it is run and printed, and fails nothing. Empty once it holds
    """

    def __init__(self, name, sent, trial, most=None, least=None, variation=None, holds="", finding="", is_judged=True,
                 is_short=False, is_once=False, open=""):
        self.name, self.sent, self.trial, self.finding = name, sent, trial, finding
        self.is_once, self.open = is_once, open
        self.most, self.least, self.variation = most, least, variation
        self.is_judged, self.is_short = is_judged, is_short
        limits = (("pay <=", most), ("variation <=", variation), ("accuracy >=", least))
        words = [f"{words} {limit:.2f}" for words, limit in limits if limit is not None] + [holds] * bool(holds)
        self.threshold = ", ".join(words) if is_judged else "stated, not judged"

    def verdict(self, results):
        """HOLDS, NEAR or FAILS, over all the trials."""
        def figures(name):
            return [result.figures[name] for result in results if name in result.figures]
        verdicts = [HOLDS if all(result.holds for result in results) else FAILS]
        if self.least is not None:
            verdicts.append(HOLDS if min(figures("accuracy")) >= self.least else FAILS)
        for limit, name in ((self.most, "pay"), (self.variation, "variation")):
            if limit is not None:
                verdicts.append(mean_below(limit, figures(name)))
        return max(verdicts, key=[HOLDS, NEAR, FAILS].index)


def mean_below(limit, values):
    """Whether a mean is below its limit: NEAR if it is above by less than a tenth and than two standard errors."""
    mean = np.mean(values)
    if mean <= limit:
        return HOLDS
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0
    return NEAR if mean - limit <= min(limit / 10, 2 * error) else FAILS


class Setting:
    """What a trial runs with; `rounds` are those of a task of ordinary length."""

    def __init__(self, program, version, seed, rounds=20):
        self.program, self.version, self.seed, self.rounds = program, version, seed, rounds

    def coordinator(self, **options):
        return Coordinator(self.program, self.version, **options)


def workers(count):
    return [Member(f"h{place}", strategies.honest, attacks=False) for place in range(count)]


def idle(*of, **options):
    """Attackers without data, one for each strategy."""
    return [Member(f"a{place}", strategy, rows=NO_DATA, **options) for place, strategy in enumerate(of)]


def summary(outcome):
    """What came of a task, where it is not what an undisturbed one comes to."""
    words, refusals, notes = [], outcome.refusals(), outcome.notes()
    words += [f"{note} {count} times" for note, count in sorted(notes.items())]
    if refusals:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(refusals.items()))
        words.append(f"refused: {reasons}")
    if not outcome.ledger.is_closed:
        words.append("the task does not close")
    if not outcome.honest.any():
        words.append("no honest worker is paid")
    if outcome.audit and outcome.audit[0]:
        words.append(f"audit exits {outcome.audit[0]}: {outcome.audit[1]}")
    return words


def judged(outcome, *got, holds=True, **figures):
    """The result of a task. It holds only if the task closed and its audit found nothing."""
    is_sound = outcome.ledger.is_closed and not (outcome.audit and outcome.audit[0])
    return Result("; ".join([*got, *summary(outcome)]), bool(holds and is_sound), pay=outcome.ratio,
                  accuracy=outcome.accuracy, paid=outcome.paid, **figures)


def pay(make, trust="open", rounds=None, **options):
    """A trial: the members that `make` gives, one task, and what everybody was paid."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            federation = Federation(coordinator, make(), setting.seed)
            return judged(federation.play(rounds=rounds or setting.rounds, terms=Terms(trust), **options))
    return trial


def identical(count, trust):
    """A trial: workers with equal shares of the same data, and how far their pay differs."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            outcome = Federation(coordinator, workers(count), setting.seed).play(
                rounds=setting.rounds, terms=Terms(trust))
        variation, smallest = outcome.spread
        mean = outcome.honest.mean() or 1
        got = (f"shares {outcome.honest.min() / mean:.2f} to {outcome.honest.max() / mean:.2f}, the smallest "
               f"{smallest:.2f} of the median")
        found = judged(outcome, got, holds=smallest >= 0.6, variation=variation, smallest=smallest)
        del found.figures["pay"]  # nobody attacks
        return found
    return trial
