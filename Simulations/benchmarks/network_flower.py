#!/usr/bin/env python3
"""Flower's deployment on loopback: a SuperLink and some SuperNodes without TLS, no training. Prints one line of JSON.

  network_flower.py --agents 2 --values 25000000 --rounds 4        (run with the virtual environment's python)
"""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from network_watch import Watch, rounds

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.dirname(sys.executable)
NAMES = ("flower-superlink", "flower-supernode", "flwr-serverapp", "flwr-clientapp", "flower-superexec")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def offspring(session, word):
    """Processes of our session whose command line has a word."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
            if word.encode() in line and os.getsid(int(pid)) == session:
                found.append(int(pid))
        except OSError:
            pass
    return found


def deploy(options, folder):
    address = f"127.0.0.1:{free_port()}"
    with open(f"{folder}/config.toml", "w", encoding="utf-8") as file:
        file.write(f'[superlink]\ndefault = "net"\n[superlink.net]\naddress = "{address}"\ninsecure = true\n')
    environment = dict(
        os.environ, FLWR_HOME=folder, FLWR_TELEMETRY_ENABLED="0", FLWR_DISABLE_UPDATE_CHECK="1",
        PATH=f"{BIN}:{os.environ['PATH']}", OMP_NUM_THREADS="1")
    log = open(f"{folder}/log", "w", encoding="utf-8")
    start = lambda *words: subprocess.Popen([f"{BIN}/{words[0]}", *words[1:]], env=environment, stdout=log, stderr=log)
    host, port = address.split(":")
    processes = [start("flower-superlink", "--insecure", "--host", host, "--port", port,
                       "--disable-runtime-dependency-installation")]
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://{address}/health", timeout=1).close()
            break
        except OSError:
            if time.monotonic() > deadline or processes[0].poll() is not None:
                raise SystemExit(f"the SuperLink does not start: {open(log.name, encoding='utf-8').read()[-2000:]}")
            time.sleep(0.1)
    for place in range(options.agents):
        processes.append(start(
            "flower-supernode", "--insecure", "--superlink", address, "--host", host, "--port", str(free_port()),
            "--node-config", f"partition-id={place} num-partitions={options.agents}"))
    return processes, environment, log


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--values", type=int, default=25_000_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=300, help="longest that all rounds may take")
    options = parser.parse_args()
    try:
        os.setsid()
    except PermissionError:
        pass  # it leads a session already
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    folder = tempfile.mkdtemp(prefix="tributary-flower-")
    out = f"{folder}/marks.json"
    processes, environment, log = deploy(options, folder)
    watch = Watch({name: (lambda name=name: offspring(os.getsid(0), name)) for name in NAMES})
    watch.start()
    try:
        config = f'values={options.values} rounds={options.rounds} nodes={options.agents} out="{out}"'
        started = subprocess.run(
            [f"{BIN}/flwr", "run", f"{HERE}/flower_app", "net", "-c", config], env=environment, stdout=log, stderr=log,
            check=False)
        if started.returncode != 0:
            raise SystemExit(f"flwr run refuses: {open(log.name, encoding='utf-8').read()[-2000:]}")
        deadline = time.monotonic() + options.seconds
        while not os.path.exists(out) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)
        watch.stop()
        if not os.path.exists(out):
            raise SystemExit(f"not all rounds were done: {open(log.name, encoding='utf-8').read()[-2000:]}")
        with open(out, encoding="utf-8") as file:
            result = json.load(file)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)
    marks = result["marks"]
    print(json.dumps({
        "peer": "flwr", "agents": options.agents, "values": options.values, **rounds(marks),
        "loopback_mb": watch.megabytes_a_round(marks[1:] if len(marks) > 2 else marks),
        "ideal_mb": 2 * options.agents * options.values * 4 / 1e6, "server_peak_mib": result["peak_mib"],
        "peaks_mib": watch.peaks}))


if __name__ == "__main__":
    main()
