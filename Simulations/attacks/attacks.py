#!/usr/bin/env python3
"""Runs every attack that needs a real coordinator against one on loopback, and holds what it got against a threshold.

  attacks.py TRIBUTARY [--trials 3] [--seed 1] [--only NAME ...] [--short] [--json] [--old]

Pay is what all the attackers' keys got together, over the mean of the honest workers of the same task. The means of pay
and variation over the trials are held to thresholds, everything else in each trial. An open row is a known gap:
it is run and printed with its reason, and fails nothing. Exits 0 if all others hold, 1 if one does not, 2 if an attack
could not be tried.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are small, and other things run on the machine
import numpy as np

from client import Refused
from evidence_rows import EVIDENCE_ROWS
from federation import NotOpened, Unprepared
from formats import NEW, OLD
from pay_rows import PAY_ROWS
from probe_rows import PROBE_ROWS
from row import FAILS, Setting
from service_rows import SERVICE_ROWS
from wire import Malformed

ROWS = PAY_ROWS + PROBE_ROWS + EVIDENCE_ROWS + SERVICE_ROWS
OPEN = "open"
UNTRIED = (Unprepared, NotOpened, Refused, Malformed, OSError, subprocess.TimeoutExpired)


class Line:
    """A row with the results of its trials."""

    def __init__(self, row):
        self.row, self.results, self.faults, self.seconds = row, [], [], 0.0

    def run(self, program, version, trials, seed, rounds):
        began = time.monotonic()
        for trial in range(1 if self.row.is_once else trials):
            try:
                self.results.append(self.row.trial(Setting(program, version, seed + trial, rounds)))
            except UNTRIED as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}".strip())
        self.seconds = time.monotonic() - began
        return self

    def numbers(self, name):
        return [result.figures[name] for result in self.results if name in result.figures]

    @property
    def verdict(self):
        if self.faults:
            return "not tried"
        verdict = self.row.verdict(self.results) if self.row.is_judged else OPEN
        return OPEN if verdict == FAILS and self.row.open else verdict

    @property
    def reason(self):
        """Why an open row is open, or that it no longer is."""
        if not self.row.open or self.faults:
            return ""
        return self.row.open if self.verdict == OPEN else "no longer: it holds, so its mark can go"

    @property
    def got(self):
        """What the attackers got, in words; of several trials the last that says something."""
        found = [result.got for result in self.results if result.got] + [fault.splitlines()[0] for fault in self.faults]
        return found[-1] if found else ""

    def pay(self):
        """Mean, and the spread over the trials; of equal workers, the variation of theirs."""
        values = self.numbers("pay")
        if not values:
            own = self.numbers("variation")
            return f"variation {np.mean(own):.2f}" if own else "-"
        spread = f" ({amount(min(values))} to {amount(max(values))})" if len(values) > 1 else ""
        return amount(float(np.mean(values))) + spread

    def accuracy(self):
        values = self.numbers("accuracy")
        return f"{np.mean(values):.3f}" if values else "-"

    def fields(self):
        """The line for --json."""
        return {
            "attack": self.row.name, "finding": self.row.finding, "sent": self.row.sent, "pay": self.numbers("pay"),
            "accuracy": self.numbers("accuracy"), "variation": self.numbers("variation"),
            "got": [result.got for result in self.results],
            "figures": [result.figures for result in self.results], "faults": self.faults,
            "threshold": self.row.threshold, "verdict": self.verdict, "open": self.reason,
            "seconds": round(self.seconds, 1),
        }


def amount(value):
    return "no honest pay" if value == float("inf") else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def chosen(options):
    """The rows to run, in the table's order."""
    if not options.only:
        return [row for row in ROWS if row.is_short and not row.open or not options.short]
    known = {row.name: row for row in ROWS}
    unknown = [name for name in options.only if not any(name in known_name for known_name in known)]
    if unknown:
        raise SystemExit(f"attacks.py: no attack is called {unknown[0]!r}; there are: {', '.join(known)}")
    return [row for row in ROWS if any(name in row.name for name in options.only)]


HEAD = f"{'attack':34} {'finding':8}  {'pay (spread over trials)':25} {'accuracy':8}  {'verdict':9} seconds"


def text(line):
    row = line.row
    head = (f"{row.name:34} {row.finding:8}  {line.pay():25} {line.accuracy():>8}  {line.verdict:9} "
            f"{line.seconds:.1f}")
    details = [("sent", row.sent), ("must", row.threshold), ("got", line.got), ("open", line.reason)]
    return "\n".join([head] + [f"    {name:5} {words}" for name, words in details if words])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="TRIBUTARY")
    parser.add_argument("--trials", type=int, help="runs of each attack, with a seed each (3; 1 in the short form)")
    parser.add_argument("--seed", type=int, default=1, help="the first trial's")
    parser.add_argument("--only", action="append", metavar="NAME", help="attacks whose name has these words")
    parser.add_argument("--short", action="store_true", help="the quick attacks, shorter tasks: about a minute")
    parser.add_argument("--json", action="store_true", help="one object on standard output, and nothing else")
    parser.add_argument("--old", action="store_true", help="speak the formats of rules version 1")
    return parser.parse_args()


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # coordinators are ended on the way out
    version, lines = OLD if options.old else NEW, []
    trials = options.trials or (1 if options.short else 3)
    if not options.json:
        print(HEAD, flush=True)
    for row in chosen(options):
        line = Line(row).run(options.program, version, trials, options.seed, 12 if options.short else 20)
        lines.append(line)
        if not options.json:
            print(text(line), flush=True)
    failed = [line.row.name for line in lines if line.verdict == FAILS]
    untried = [line.row.name for line in lines if line.faults]
    seconds = sum(line.seconds for line in lines)
    if options.json:
        print(json.dumps({"seed": options.seed, "trials": trials, "rules": version, "rows": [
            line.fields() for line in lines]}, indent=1))
    else:
        words = [f"{len(failed)} fail: {', '.join(failed)}"] * bool(failed)
        words += [f"{len(untried)} could not be tried: {', '.join(untried)}"] * bool(untried)
        print(f"attacks: {'; '.join(words) or 'every threshold holds'} ({len(lines)} attacks, {trials} trials, seed "
              f"{options.seed}, {seconds:.0f} s)")
    return 2 if untried else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
