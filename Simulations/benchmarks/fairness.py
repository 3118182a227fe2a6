#!/usr/bin/env python3
"""How fair is the pay? Prints the figures of docs/researcher.md from `tributary simulate` and `tributary runs value`.

usage: fairness.py [--program PATH] [--seeds N] [--part shapley|identical|cohorts|all] [--threads N]

shapley    four parties of breast cancer data: the pay beside two Shapley games, both trusts (needs scikit-learn)
identical  identical workers, n = 5 and 10, both trusts: the spread of their pay
cohorts    twenty identical workers of whom 4 or 10 are invited a round, trust known

Exits 1 where a figure misses what is asked of it.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = HERE.parent / "scenarios"

IDENTICAL = """\
name: identical
seed: 1
rounds: {rounds}
data: {{ source: digits, validation: 300, test: 300 }}
partition: {{ rule: iid }}
model: {{ hidden: [64] }}
training: {{ epochs: {epochs}, batch: 10, learning_rate: 0.2 }}
cohort: {{ size: {cohort}, quorum: {cohort}, deadline_s: 60 }}
trust: {trust}
reward: {{ score: value, pool: "400", target_drop: 2, source: emission }}
participants:
  - {{ kind: honest, count: {count} }}
updates: {{ retain: none }}
"""


class Program:
    """The program, and a folder for its runs."""

    def __init__(self, path, folder, threads):
        self.path, self.folder, self.threads = path, folder, threads

    def data(self, *arguments):
        command = [self.path, *map(str, arguments), "--runs", self.folder, "--threads", str(self.threads), "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)["data"]


def mean(values):
    values = [v for v in values if v is not None]
    return statistics.fmean(values) if values else float("nan")


class Checks:
    """What is asked of the figures, and which miss it."""

    def __init__(self):
        self.missed = []

    def line(self, text, holds, asked):
        print(f"{text}   {'ok' if holds else 'MISSED'} ({asked})")
        if not holds:
            self.missed.append(text.strip())


def shapley(program, folder, seeds, checks):
    sys.path.insert(0, str(HERE))
    import breast_cancer

    known = (SCENARIOS / "breast-cancer-known.yaml").read_text()
    print(f"four parties of 200, 170, 85 and 30 examples, {len(seeds)} seeds: pay beside Shapley")
    print("trust  game        correlation  lowest  Spearman  lowest  misplaced  highest")
    for trust in ("known", "open"):
        scenario = folder / f"breast-cancer-{trust}.yaml"
        text = known.replace("trust: known", f"trust: {trust}").replace("breast-cancer-known", f"breast-cancer-{trust}")
        scenario.write_text(text)
        found = {"rounds": [], "retraining": []}
        shares = []
        for seed in seeds:
            data = folder / f"breast-cancer-{seed}"
            breast_cancer.write(data, seed)
            run = program.data("simulate", scenario, "--data", data, "--seed", seed)
            value = program.data("runs", "value", run["folder"], "--exact")
            for game in found:
                found[game].append(value[game])
            shares.append([p["paid_share"] for p in value["participants"]])
        for game, rows in found.items():
            correlation = [r["correlation"] for r in rows]
            spearman = [r["spearman"] for r in rows]
            misplaced = [r["misplaced_share"] for r in rows]
            print(
                f"{trust:5}  {game:10}  {mean(correlation):11.4f}  {min(correlation):.4f}  {mean(spearman):8.4f}"
                f"  {min(spearman):6.2f}  {mean(misplaced):9.4f}  {max(misplaced):.4f}"
            )
            if trust == "known" and game == "rounds":
                checks.line(f"  lowest correlation {min(correlation):.5f}", min(correlation) >= 0.999, ">= .999")
                checks.line(f"  highest misplaced {max(misplaced):.5f}", max(misplaced) <= 0.01, "<= .01")
            if trust == "known" and game == "retraining":
                checks.line(f"  mean Spearman {mean(spearman):.3f}", mean(spearman) >= 0.9, ">= .9")
        means = ", ".join(f"{mean([s[i] for s in shares]):.3f}" for i in range(4))
        print(f"  mean shares of the pay: {means}")


def spread(program, folder, trust, count, rounds, cohort, seed, epochs=1):
    scenario = folder / "identical.yaml"
    scenario.write_text(IDENTICAL.format(trust=trust, count=count, rounds=rounds, cohort=cohort, epochs=epochs))
    run = program.data("simulate", scenario, "--seed", seed)
    pay = [p["paid"] for p in run["participants"]]
    middle = statistics.median(pay)
    full = sum(p["full_score"] for p in run["participants"])
    novel = sum(p["novel_score"] for p in run["participants"])
    return (
        statistics.pstdev(pay) / statistics.fmean(pay),
        min(pay) / middle if middle else 0,
        run["accuracy"],
        novel / full if full else float("nan"),
    )


def identical(program, folder, seeds, checks):
    print(f"identical workers on the digits, MLP 64, one epoch a round, {len(seeds)} seeds")
    print("trust   n  rounds     CV  highest  smallest/median  lowest  accuracy  novelty")
    for trust in ("known", "open"):
        for count, rounds in ((5, 20), (10, 30)):
            rows = [spread(program, folder, trust, count, rounds, count, seed) for seed in seeds]
            cv, smallest = [r[0] for r in rows], [r[1] for r in rows]
            print(
                f"{trust:5} {count:3}  {rounds:6}  {mean(cv):5.3f}  {max(cv):7.3f}  {mean(smallest):15.3f}"
                f"  {min(smallest):6.3f}  {mean([r[2] for r in rows]):8.4f}  {mean([r[3] for r in rows]):7.3f}"
            )
            checks.line(f"  mean CV {mean(cv):.3f}", mean(cv) <= 0.10, "<= .10")
            checks.line(f"  lowest smallest/median {min(smallest):.3f}", min(smallest) >= 0.6, ">= .6")


def cohorts(program, folder, seeds, _):
    print(f"twenty identical workers, trust known, 30 rounds, {len(seeds)} seeds: the spread as it is")
    print("cohort     CV  highest  smallest/median  lowest")
    for cohort in (4, 10, 20):
        rows = [spread(program, folder, "known", 20, 30, cohort, seed) for seed in seeds]
        cv, smallest = [r[0] for r in rows], [r[1] for r in rows]
        print(f"{cohort:6}  {mean(cv):5.3f}  {max(cv):7.3f}  {mean(smallest):15.3f}  {min(smallest):6.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(HERE.parent.parent / ".build" / "release" / "tributary"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--part", choices=["shapley", "identical", "cohorts", "all"], default="all")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    parts = {"shapley": shapley, "identical": identical, "cohorts": cohorts}
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = Program(arguments.program, str(folder / "runs"), arguments.threads)
        for part, body in parts.items():
            if arguments.part in (part, "all"):
                body(program, folder, range(1, arguments.seeds + 1), checks)
                print()
    if checks.missed:
        print(f"{len(checks.missed)} figures miss what is asked of them")
        sys.exit(1)


if __name__ == "__main__":
    main()
