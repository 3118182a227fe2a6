#!/usr/bin/env python3
"""Runs the reproductions of the findings M1 to M7, S2, S6 and P1 and prints what each got before and after.

  findings.py TRIBUTARY [--old TRIBUTARY-OF-THEN] [--trials 3] [--seed 1] [--record]

"Before" is measured on the program that --old names, in the formats of rules version 1; without --old it is what
before.json recorded. "After" is measured on TRIBUTARY, in the formats of today. At the end, one old task file and one
old statement are sent as they were. Exits as attacks.py does, for the column "after".
"""
import argparse
import json
import pathlib
import signal
import sys

sys.dont_write_bytecode = True
from attacks import UNTRIED, Line
from federation import Federation, NotOpened
from formats import NEW, OLD, Terms, task_text
from open_round import Round
from pay_rows import PAY_ROWS
from probe_rows import PROBE_ROWS, reason
from row import FAILS, Setting
from thefts import attempt

RECORD = pathlib.Path(__file__).with_name("before.json")
FINDINGS = [row for row in PAY_ROWS + PROBE_ROWS if row.finding]


def brief(fields):
    """What before.json keeps of `Line.fields`."""
    rounded = {name: [round(value, 3) for value in fields[name]] for name in ("pay", "accuracy", "variation")}
    return {**rounded, "got": fields["got"][-1:], "faults": fields["faults"][-1:]}


def cell(fields):
    """A column of the table: pay, accuracy and words of `Line.fields`."""
    words = []
    if fields["pay"]:
        mean = sum(fields["pay"]) / len(fields["pay"])
        words.append("pay " + (f"{mean:,.0f}" if mean >= 100 else f"{mean:.2f}"))
    for name, digits in (("variation", 2), ("accuracy", 3)):
        if fields[name]:
            words.append(f"{name} {sum(fields[name]) / len(fields[name]):.{digits}f}")
    words += [text for text in fields["got"][-1:] + fields["faults"][-1:] if text]
    return "; ".join(words)


def measured(program, version, options, rounds=20):
    """The figures of every finding, by the row's name."""
    found = {}
    for row in FINDINGS:
        found[row.name] = Line(row).run(program, version, options.trials, options.seed, rounds).fields()
        print(f"  {version}: {row.name}", file=sys.stderr, flush=True)
    return found


def as_they_were(program, seed):
    """What becomes of an old task file, and of an old statement in a new task, at the program of today."""
    with Setting(program, NEW, seed).coordinator() as coordinator:
        round_ = Round(coordinator, ["h0", "h1"], seed)
        old_text = task_text(OLD, "then", seed, 20, (64,), 2, 2, 600, Terms(), 300)
        task, said = coordinator.open_task(old_text, round_.federation.data)
        yield "the old task file", "opened" if task else f"refused: {reason(said)}"
        member = round_.members[0]
        member.participant.proves_possession = False
        reply = attempt(lambda: round_.send(member)[1])
        yield "an old statement", "accepted" if reply.accepted else f"refused: {reply.reason}, {reply.detail}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="TRIBUTARY")
    parser.add_argument("--old", metavar="TRIBUTARY-OF-THEN", help="measure the column before, too")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="write before.json; needs --old")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.old:
        before = measured(options.old, OLD, options)
        if options.record:
            lines = [f" {json.dumps(name)}: {json.dumps(brief(fields))}" for name, fields in before.items()]
            RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    else:
        before = json.loads(RECORD.read_text(encoding="utf-8"))
    after = measured(options.program, NEW, options)
    for row in FINDINGS:
        fields = after[row.name]
        print(f"{row.finding}  {row.name}: {row.sent}")
        print(f"    before  {cell(before[row.name]) if row.name in before else 'not measured'}")
        print(f"    after   {cell(fields)}")
        print(f"    {fields['verdict']}: {row.threshold}")
    print("as they were:")
    try:
        for what, came in as_they_were(options.program, options.seed):
            print(f"    {what}: {came}")
    except UNTRIED as fault:
        print(f"    not tried: {fault}")
    verdicts = [fields["verdict"] for fields in after.values()]
    return 2 if "not tried" in verdicts else 1 if FAILS in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
