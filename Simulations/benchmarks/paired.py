#!/usr/bin/env python3
"""Runs several commands in turn, A B A B ..., and compares a figure that each prints as JSON.

A machine's speed drifts; commands that take turns in one run drift together, so their ratio can be trusted where their
times cannot. Standard library only.

  paired.py --turns 5 --side ours data.x.seconds "prog --json" --side peer seconds "python3 peer.py"

The first side is compared with each of the others: its ratio is theirs / its own where smaller is better (times), and its
own / theirs where larger is better (--larger-is-better: GB/s).
"""
import argparse
import json
import shlex
import statistics
import subprocess
import sys


def printed(text):
    """The last line of JSON that a command printed."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError("it printed no JSON object on a line of its own")
    return json.loads(lines[-1])


def figure(value, path):
    """The number at a dotted path."""
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"no {key!r} (of {path!r}) in {json.dumps(value)[:400]}") from error
    return float(value)


def measure(name, path, also, command):
    """The figure at a path, and those of `also` that are there."""
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name}: exit {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    try:
        value = printed(done.stdout)
        return figure(value, path), {key: value[key] for key in also if value.get(key) is not None}
    except ValueError as error:
        sys.exit(f"{name}: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--unit", default="s")
    parser.add_argument("--larger-is-better", action="store_true")
    parser.add_argument("--also", default="", help="further figures to print, as names with commas between")
    parser.add_argument("--side", nargs=3, action="append", required=True, metavar=("NAME", "PATH", "COMMAND"))
    options = parser.parse_args()
    figures = {name: [] for name, _, _ in options.side}
    others = {name: [] for name in figures}
    also = [name for name in options.also.split(",") if name]
    for turn in range(options.turns):
        for name, path, command in options.side:
            print(f"turn {turn + 1} of {options.turns}: {name} ...", file=sys.stderr, flush=True)
            value, rest = measure(name, path, also, command)
            figures[name].append(value)
            others[name].append(rest)
    ours = options.side[0][0]
    unit = options.unit
    width = max(len(name) for name in figures)
    print(f"{'':{width}}  {'median':>9}  {'lowest':>9}  {'highest':>9}  {ours} is better by (median of the turns; each)")
    for name, values in figures.items():
        row = f"{name:{width}}  {statistics.median(values):9.4f}  {min(values):9.4f}  {max(values):9.4f}"
        if name != ours:
            pairs = zip(figures[ours], values)
            ratios = [a / b if options.larger_is_better else b / a for a, b in pairs]
            row += f"  {statistics.median(ratios):.2f} x  ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        print(f"{row}  [{unit}]")
    for name, turns in others.items():
        medians = [f"{key} {statistics.median(turn[key] for turn in turns):.4g}" for key in also if key in turns[0]]
        if medians:
            print(f"{name:{width}}  {', '.join(medians)}")


if __name__ == "__main__":
    main()
