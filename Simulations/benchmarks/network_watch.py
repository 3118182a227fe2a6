"""What processes of this machine do: bytes over loopback, peak memory, processor time. Standard library only."""
import os
import statistics
import threading
import time


def loopback_bytes():
    """Bytes that went over lo since the network namespace began, headers included."""
    with open("/proc/net/dev", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name.strip() == "lo":
                return int(rest.split()[0])
    return 0


class Watch(threading.Thread):
    """Looks at lo and at some processes ten times a second; `processes` is {name: pid or function to pids}."""

    def __init__(self, processes):
        super().__init__(daemon=True)
        self.processes, self.samples, self.peaks, self.seconds = processes, [], {}, {}
        self.done = threading.Event()

    def run(self):
        while True:
            self.samples.append((time.time(), loopback_bytes()))
            for name, found in self.processes.items():
                for pid in found() if callable(found) else [found]:
                    self._look(name, pid)
            if self.done.wait(0.1):
                return

    def _look(self, name, pid):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                peak = next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except (OSError, ValueError):
            return
        ticks = os.sysconf("SC_CLK_TCK")
        self.peaks[name] = max(self.peaks.get(name, 0), peak / 1_024)
        self.seconds[name, pid] = (int(fields[11]) + int(fields[12])) / ticks

    def stop(self):
        self.done.set()
        self.join()

    def bytes_at(self, moment):
        return min(self.samples, key=lambda sample: abs(sample[0] - moment))[1]

    def megabytes_a_round(self, marks):
        """Median over the rounds between marks (seconds since the epoch)."""
        spans = [self.bytes_at(end) - self.bytes_at(start) for start, end in zip(marks, marks[1:])]
        return statistics.median(spans) / 1e6 if spans else 0.0

    def processor_seconds(self, name):
        return sum(seconds for (owner, _), seconds in self.seconds.items() if owner == name)


def rounds(marks, skipped=1):
    """Median, 95th percentile and extremes of the rounds between marks, without the first ones."""
    spans = [end - start for start, end in zip(marks, marks[1:])]
    spans = sorted(spans[skipped:] or spans)
    return {
        "round_s": statistics.median(spans), "round_p95_s": spans[min(len(spans) - 1, int(len(spans) * 0.95))],
        "round_min_s": spans[0], "round_max_s": spans[-1], "rounds": len(spans),
    }
