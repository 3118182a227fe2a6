#!/usr/bin/env python3
"""Sends every endpoint of a coordinator of its own thousands of seeded requests, right and wrong, and holds each answer
against Protocols/http.md. Linux, Python 3.9 or newer, standard library only.

  endpoints.py TRIBUTARY [--requests 50000] [--seed 1] [--workers 3] [--only CASE]

Meanwhile a well-behaved client measures /healthz, and slow clients hold sockets open. At the end the coordinator must
be the same process, within its memory, without leaked descriptors or internal errors; the round that was open all the
time must be completed by the one contribution that was missing; and the ledger must verify. Ends with one line of
figures: exit 0 if nothing was found, 1 if something was, 2 if it could not be tried.
"""
import argparse
import concurrent.futures
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
import slow
from cases import CASES
from judge import Finding, Judge
from link import Broken, Link, Silent, request
from world import Unprepared, World

MEMORY_KIB = 300 << 10
# The slowest percent of well-behaved requests, on a machine that the fuzzer's own processes fill.
LATENCY_SECONDS = 1.0
# Fewer requests say nothing about the slowest percent, and are sent where other tests run.
LATENCY_REQUESTS = 10_000
FINDINGS = 20


def play(world, judge, seed, number):
    """One case. Returns what it found, or None."""
    generator = random.Random(f"{seed}:{number}")
    case = generator.choices([case for _, case in CASES], [weight for weight, _ in CASES])[0]
    try:
        case(generator, world, judge)
    except (Finding, Broken, Silent) as finding:
        judge.renew()
        return f"case {number} ({case.__name__}): {finding}"
    except (OSError, ValueError, KeyError):
        judge.renew()
        return f"case {number} ({case.__name__}): {traceback.format_exc()}"
    if number % 16 == 0:
        judge.renew()
    return None


def work(world, seed, number, workers, requests, results):
    """What one worker process does: every `workers`-th case, until it has sent its share."""
    judge, findings, place = Judge(world, number), [], number
    while judge.requests < requests and len(findings) < FINDINGS:
        found = play(world, judge, seed, place)
        if found:
            findings.append(found)
        place += workers
    results.put((judge.requests, judge.limited, judge.statuses, findings))


class Probe(threading.Thread):
    """A client as it should be, all the while."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.seconds, self.faults, self.done = world, [], [], threading.Event()

    def run(self):
        link = Link(self.world.port, self.world.pin, "127.0.0.1", seconds=30)
        while not self.done.wait(0.05):
            began = time.monotonic()
            try:
                link.send(request("GET", "/healthz"))
                answer = link.read()
            except (Broken, Silent, OSError) as error:
                answer = None
                self.faults.append(f"/healthz: {error}")
            if answer is None or answer.closes:
                link.close()
            if answer is not None and answer.status != 200:
                self.faults.append(f"/healthz: {answer.status}")
            self.seconds.append(time.monotonic() - began)

    def percentile(self, part):
        values = sorted(self.seconds)
        return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def storm(world, options):
    """All the requests. Returns (number, limited, statuses, findings)."""
    results, share = multiprocessing.Queue(), -(-options.requests // options.workers)
    workers = [
        multiprocessing.Process(target=work, args=(world, options.seed, number, options.workers, share, results))
        for number in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    total, limited, statuses, findings = 0, 0, {}, []
    for _ in workers:
        count, waits, seen, found = results.get()
        total, limited, findings = total + count, limited + waits, findings + found
        for status, number in seen.items():
            statuses[status] = statuses.get(status, 0) + number
    for worker in workers:
        worker.join()
    return total, limited, statuses, findings


def afterwards(world, before):
    """What must hold when everything has been sent."""
    findings = []
    if world.process.poll() is not None:
        return [f"the coordinator ended with {world.process.returncode}:\n{world.log_text()[-3000:]}"]
    deadline = time.monotonic() + 20
    while world.descriptors() > before + 16 and time.monotonic() < deadline:
        time.sleep(0.1)
    if world.descriptors() > before + 16:
        findings.append(f"{world.descriptors()} descriptors are open; before it were {before}")
    try:
        if not world.finish():
            findings.append("the round was not sealed after its last contribution")
    except Unprepared as fault:
        findings.append(f"the contribution that was missing: {fault}")
    world.peak_kib = world.status("VmHWM")
    if world.peak_kib > MEMORY_KIB:
        findings.append(f"the coordinator took {world.peak_kib >> 10} MiB; the limit is {MEMORY_KIB >> 10}")
    code = world.stop()
    if code != 0:
        findings.append(f"the coordinator's stop ended with {code}")
    internal = [line for line in world.log_text().splitlines() if "internal" in line.lower()]
    if internal:
        findings.append(f"{len(internal)} internal errors in the log, such as: {internal[0][:500]}")
    done = subprocess.run(
        [world.program, "ledger", "verify", world.home], capture_output=True, text=True, check=False)
    if done.returncode:
        findings.append(f"the ledger does not verify: {done.stdout}{done.stderr}")
    return findings


def fuzz(world, options):
    world.start()
    world.prepare()
    before, began = world.descriptors(), time.monotonic()
    if options.only is not None:
        judge = Judge(world, 0)
        found = play(world, judge, options.seed, options.only)
        return judge.requests, {}, [found] if found else [], 0, [0, 0], time.monotonic() - began
    probe, slow_findings, slow_count = Probe(world), [], 0
    probe.start()
    crowd = None
    if options.slow:
        pool = concurrent.futures.ThreadPoolExecutor(1)
        crowd = pool.submit(slow.run, world, options.slow)
    total, limited, statuses, findings = storm(world, options)
    if crowd:
        slow_findings, slow_count = crowd.result(180)
        pool.shutdown()
    probe.done.set()
    probe.join()
    findings += slow_findings + probe.faults[:5]
    latency = [statistics.median(probe.seconds), probe.percentile(0.99)]
    if total >= LATENCY_REQUESTS and latency[1] > LATENCY_SECONDS:
        findings.append(f"the slowest percent of well-behaved requests took {latency[1]:.2f} s")
    if limited > total // 10:
        findings.append(f"{limited} of {total} answers were 429 or 503: too little was tried")
    findings += afterwards(world, before)
    return total, statuses, findings, slow_count, latency, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="TRIBUTARY")
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--slow", type=int, help="how many slow clients, times 34 (10 from 20,000 requests on)")
    parser.add_argument("--only", type=int, metavar="CASE", help="one case alone, as a finding names it")
    options = parser.parse_args()
    if options.slow is None:
        options.slow = 10 if options.requests >= 20_000 else 0
    folder = tempfile.mkdtemp(prefix="tributary-fuzz-")
    world = World(os.path.abspath(options.program), folder, options.seed)
    try:
        total, statuses, findings, slow_count, latency, seconds = fuzz(world, options)
    except (Unprepared, Broken, Silent, OSError) as error:
        print(f"fuzz-http: could not be tried: {error}", file=sys.stderr)
        return 2
    finally:
        if world.process and world.process.poll() is None:
            world.process.kill()
            world.process.wait()
        if "findings" not in locals() or not findings:
            shutil.rmtree(folder, ignore_errors=True)
    for finding in findings:
        print(f"FINDING  {finding}\n")
    if findings:
        print(f"the coordinator's folder and log: {folder}")
    seen = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    print(
        f"fuzz-http: {'FAILED' if findings else 'OK'}: {total} requests ({seen}), {slow_count} slow clients, seed "
        f"{options.seed}, {len(findings)} findings, peak {world.peak_kib >> 10} MiB, "
        f"/healthz median {latency[0] * 1e3:.1f} ms, 99 % under {latency[1] * 1e3:.0f} ms, {seconds:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
