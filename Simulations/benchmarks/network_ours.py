#!/usr/bin/env python3
"""Rounds of a real coordinator and real agents over TLS on loopback, next to no training. Prints one line of JSON.

  network_ours.py TRIBUTARY --agents 2 --hidden 4096,6000 --rounds 6

Each participant takes one step on ten examples (--kind honest: the model and every update differ from round to round, so
everything has to be moved), or sends zeros without training (--kind zero: the model stays, so agents have it already).
Times are those of the ledger's entries, from one round's opening to the next one's.
"""
import argparse
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from network_watch import Watch, rounds

SCENARIO = """name: bytes-alone
seed: 1
rounds: {rounds}
data: {{ source: folder, path: "{data}", validation: 20, test: 20 }}
partition: {{ rule: iid }}
model: {{ hidden: [{hidden}] }}
training: {{ epochs: 1, batch: 10, learning_rate: 0.01 }}
cohort: {{ size: {agents}, quorum: {agents}, deadline_s: 3600 }}
reward: {{ score: samples, samples_cap: 1000, pool: "{rounds}" }}
participants:
  - {{ kind: {kind}, count: {agents} }}
  # Where all the others send zeros, somebody has to hold data; this one never joins.
  - {{ kind: honest, count: 1 }}
"""
FEATURES, CLASSES = 64, 10


def value_count(hidden):
    widths = [FEATURES, *hidden, CLASSES]
    return sum((above + 1) * below for above, below in zip(widths, widths[1:]))


class Federation:
    """The processes of one measurement, in a folder of their own."""

    def __init__(self, options, folder):
        self.options, self.folder, self.home = options, folder, f"{folder}/coordinator"
        self.scenario, self.children, self.logs = f"{folder}/scenario.yaml", [], []
        with open(self.scenario, "w", encoding="utf-8") as file:
            file.write(SCENARIO.format(
                rounds=options.rounds, hidden=options.hidden, agents=options.agents, kind=options.kind,
                data=self.make_data(folder)))

    def make_data(self, folder):
        """A table of examples: ten for each participant, and those that the coordinator keeps."""
        path = f"{folder}/examples.csv"
        count = 40 + 10 * (self.options.agents + 1)
        with open(path, "w", encoding="ascii") as file:
            for row in range(count):
                values = [(row * 7 + column * column) % 17 / 16 for column in range(FEATURES)]
                file.write(",".join(map(str, values)) + f",{row % CLASSES}\n")
        return path

    def command(self, *words):
        done = subprocess.run([self.options.program, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"tributary {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name, *words):
        self.logs.append(f"{self.folder}/{name}.log")
        with open(self.logs[-1], "wb") as log:
            child = subprocess.Popen(
                [self.options.program, *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def fail(self, what):
        tails = "".join(f"\n{log}:\n" + open(log, encoding="utf-8", errors="replace").read()[-1500:] for log in self.logs)
        raise SystemExit(f"{what}{tails}")

    def prepare(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.command("coordinator", "init", "--home", self.home, "--listen", f"127.0.0.1:{port}")
        self.coordinator = self.start("coordinator", "coordinator", "run", "--home", self.home, "--exit-when-closed")
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if self.coordinator.poll() is not None or time.monotonic() > deadline:
                    self.fail("the coordinator does not start")
                time.sleep(0.02)
        invitation = self.command("coordinator", "invite", "--home", self.home, "--open", "--quiet").split()[-1]
        self.agents = []
        for place in range(self.options.agents):
            home, rehearses = f"{self.folder}/agent-{place}", ("--scenario", self.scenario, "--participant", str(place))
            self.command("agent", "join", invitation, "--home", home, "--label", f"agent-{place}")
            self.agents.append(self.start(f"agent-{place}", "agent", "run", "--home", home, *rehearses))

    def run(self):
        watch = Watch({"coordinator": self.coordinator.pid, "agents": lambda: [agent.pid for agent in self.agents]})
        time.sleep(self.options.idle)
        idle = [self.resident(agent.pid) for agent in self.agents] if self.options.idle else []
        watch.start()
        self.command("task", "open", self.scenario, "--home", self.home)
        deadline = time.monotonic() + self.options.seconds
        while self.coordinator.poll() is None:
            if time.monotonic() > deadline or any(agent.poll() not in (None, 0) for agent in self.agents):
                self.fail("the rounds were not done in time, or an agent ended")
            time.sleep(0.1)
        watch.stop()
        if self.coordinator.returncode:
            self.fail(f"the coordinator ended with exit code {self.coordinator.returncode}")
        return watch, idle

    @staticmethod
    def resident(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) / 1_024 for line in file if line.startswith("VmRSS:"))

    def marks(self):
        """When each round was opened, and the last one sealed, in seconds since the epoch."""
        [path] = glob.glob(f"{self.home}/tasks/*/events.jsonl")
        opened, sealed = [], []
        with open(path, encoding="utf-8") as file:
            for line in file:
                event = json.loads(line)
                fields = event.get("fields", event)
                kind = event.get("event", event.get("kind"))
                if kind in ("round-opened", "round-sealed"):
                    (opened if kind == "round-opened" else sealed).append(fields["time_ms"] / 1e3)
        return opened + sealed[-1:]

    def end(self):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="TRIBUTARY")
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--hidden", default="", help="widths of the hidden layers, such as 4096,6000; none by default")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--kind", choices=("honest", "zero"), default="honest")
    parser.add_argument("--idle", type=float, default=0, help="seconds before the task, to see what agents take then")
    parser.add_argument("--seconds", type=float, default=900, help="longest that all rounds may take")
    parser.add_argument("--keep", action="store_true", help="leave the folder, with logs and ledger")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    folder = tempfile.mkdtemp(prefix="tributary-round-", dir=os.environ.get("TMPDIR"))
    federation = Federation(options, folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        federation.prepare()
        watch, idle = federation.run()
        marks = federation.marks()
    finally:
        federation.end()
        if options.keep:
            print(f"folder: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    values = value_count([int(width) for width in options.hidden.split(",") if width])
    count = max(len(marks) - 1, 1)
    print(json.dumps({
        "peer": "tributary", "agents": options.agents, "values": values, **rounds(marks),
        "loopback_mb": watch.megabytes_a_round(marks[1:]), "ideal_mb": 2 * options.agents * values * 4 / 1e6,
        "server_peak_mib": watch.peaks.get("coordinator", 0),
        "server_peak_models": watch.peaks.get("coordinator", 0) * 1_048_576 / (values * 4),
        "agent_peak_mib": watch.peaks.get("agents", 0), "agent_idle_mib": max(idle, default=None),
        "server_core_s": watch.processor_seconds("coordinator") / count,
        "agents_core_s": watch.processor_seconds("agents") / count}))


if __name__ == "__main__":
    main()
