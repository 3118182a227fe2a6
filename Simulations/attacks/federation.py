"""A real coordinator on loopback, and a federation of honest workers and attackers that runs a task to its close."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import numpy as np

import formats
from client import AUDITOR, OPERATOR, Link, Participant, Refused, Session
from learning import Network, digits, on_grid, split_by_seed
from wire import Malformed, Message, participant_account

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VALIDATION, TEST = 300, 300
HELD_OUT = VALIDATION + TEST + 1  # a data set without a test part must keep one example to train on
PRIVATE_SEED = 1_000_000


class Unprepared(Exception):
    """The coordinator could not be set up, so that nothing can be said about the attack."""


class NotStarted(Unprepared):
    """A coordinator that ends before it serves; `code` is None where it does nothing at all."""

    def __init__(self, code, log):
        self.code, self.log = code, log
        super().__init__("the coordinator does not start:\n" + log)


class NotOpened(Exception):
    """A task that the coordinator does not open; the text says why."""


class Coordinator:
    """A coordinator process in a scratch folder; a context manager, so that nothing is left behind."""

    def __init__(self, program, version, grants=(), cap=formats.CAP_TOKENS, is_open=False, settings=None):
        """`settings` replaces values of coordinator.yaml by key."""
        self.program, self.version = os.path.abspath(program), version
        self.folder = tempfile.mkdtemp(prefix="tributary-attacks-")
        self.home, self.log = os.path.join(self.folder, "coordinator"), os.path.join(self.folder, "log")
        self.process, self.links, self.is_stopped = None, [], False
        self.grants, self.cap, self.is_open, self.listen = grants, cap, is_open, []
        self.settings = settings or {}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind, fault, trace):
        code = self.process.poll()
        log = self.log_text() if code is not None and not self.is_stopped else ""
        self._end()
        if log:
            raise Unprepared(f"the coordinator ended by itself, with {code}: {log}") from fault

    def run(self, *words):
        """A command of the program: exit code and everything that it printed."""
        done = subprocess.run(
            [self.program, *words], capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
            cwd=self.folder)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def _checked(self, *words):
        code, text = self.run(*words)
        if code:
            raise Unprepared(f"tributary {' '.join(words)}: exit {code}\n{text}")
        return text

    def _start(self):
        grants = [word for name, amount in self.grants for word in ("--grant", f"{name}={amount}")]
        self._checked(
            "coordinator", "init", "--home", self.home, "--listen", "127.0.0.1:0", "--cap", str(self.cap), *grants,
            *["--open"] * self.is_open)
        path = os.path.join(self.home, "coordinator.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for key, value in self.settings.items():
            text = re.sub(f"(?m)^{key}:.*$", f"{key}: {value}", text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.serve()

    def serve(self):
        """Starts the process, at the port that it had before if it had one, and connects to it."""
        address = os.path.join(self.home, "address")
        if os.path.exists(address):
            os.remove(address)
        self.is_stopped = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "coordinator", "run", "--home", self.home, "--threads", "1", *self.listen], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        deadline = time.monotonic() + 30
        # The address is written when the port is bound.
        while not os.path.exists(address):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.is_stopped = True
                raise NotStarted(self.process.poll(), self.log_text())
            time.sleep(0.02)
        self.join = self._checked("coordinator", "invite", "--home", self.home, "--uses", "1000", "--quiet").strip()
        self.link = self.connect()
        self.listen = ["--listen", self.link.place]
        with open(os.path.join(self.home, "coordinator.key"), encoding="ascii") as file:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read().strip()))
        self.operator = Session(self.link, OPERATOR, key)

    def _end(self):
        for link in self.links:
            link.close()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def connect(self, **options):
        self.links.append(Link(self.join, **options))
        return self.links[-1]

    def participant(self, label, **options):
        return Participant(self.link, label, proves_possession=self.version == formats.NEW, **options)

    def auditor(self):
        """A session of a key that nobody has named."""
        return Session(self.link, AUDITOR)

    def open_task(self, text, data, *options):
        """Opens a task. Returns its id, or None, and what the program said."""
        path = os.path.join(self.folder, f"task-{time.monotonic_ns()}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        code, said = self.run(
            "task", "open", path, "--home", self.home, "--data", data, "--validation", str(VALIDATION), "--test",
            str(TEST), *options)
        found = re.search(r"\b[0-9a-f]{64}\b", said)
        return (bytes.fromhex(found.group()) if code == 0 and found else None), said

    def lives(self):
        """Whether it answers a new connection."""
        try:
            self.connect(timeout_seconds=5)
            return True
        except (OSError, Malformed):
            return False

    def kill(self):
        """Ends the process at once, as a power cut does."""
        self.is_stopped = True
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the process in good order. Returns its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.is_stopped = True
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def audit(self, *options):
        """The exit code of an audit of the stopped coordinator, and its last line."""
        self.stop()
        code, text = self.run("audit", self.home, "--threads", "1", *options)
        return code, (text.strip().splitlines() or [""])[-1]


class Ledger:
    """What the coordinator's ledger says about one task."""

    def __init__(self, session, task):
        self.rewards, self.outcomes, self.accepted, self.is_closed = {}, [], {}, False
        self.opening = self.model = None
        for data in session.entries():
            entry = Message(data)
            if entry.has(formats.TASK_OPENED) and entry.message(formats.TASK_OPENED).bytes(1) == task:
                self.opening = entry.message(formats.TASK_OPENED)
            elif entry.has(formats.ACCEPTED):
                statement = Message(entry.message(formats.ACCEPTED).bytes(1))
                if statement.bytes(1) == task:
                    self.accepted.setdefault(statement.number(2), []).append(statement)
            elif entry.has(formats.SEALED) and entry.message(formats.SEALED).bytes(1) == task:
                self.outcomes.append(entry.message(formats.SEALED).number(3))
                self.model = entry.message(formats.SEALED).bytes(7)
            elif entry.has(formats.TRANSFER):
                transfer = entry.message(formats.TRANSFER)
                if transfer.bytes(5) == task and transfer.number(1) == formats.REWARD:
                    account = transfer.text(3)
                    self.rewards[account] = self.rewards.get(account, 0) + transfer.number(4)
            elif entry.has(formats.CLOSED) and entry.message(formats.CLOSED).bytes(1) == task:
                self.is_closed, self.model = True, entry.message(formats.CLOSED).bytes(3)

    def rounds(self):
        """How many rounds came to what, in words."""
        words = [f"{self.outcomes.count(outcome)} {word}" for outcome, word in formats.OUTCOME_WORDS.items()
                 if outcome in self.outcomes]
        return "rounds: " + (", ".join(words) or "none sealed")

    def paid(self, public_key):
        """Tokens that a key got."""
        return self.rewards.get(participant_account(public_key), 0) / 1e6


class Member:
    """One key of the federation.

    strategy   called with (View, Member, random generator); returns a change, or None to stay away from the round
    rows       the examples it trains on: None for its share of the honest data, empty for no data
    examples   what it claims; None for as many as it has
    deliver    sends an update in another way than an honest client: called with (View, Member, Order, blob, count)
    """

    def __init__(self, name, strategy, rows=None, examples=None, attacks=True, deliver=None, **options):
        self.name, self.strategy, self.rows, self.examples = name, strategy, rows, examples
        self.attacks, self.deliver, self.options = attacks, deliver, options
        self.participant, self.replies, self.notes = None, [], {}

    def note(self, what):
        self.notes[what] = self.notes.get(what, 0) + 1


class View:
    """What a member may look at when it decides what to send."""

    def __init__(self, features, labels, network):
        self.features, self.labels, self.network = features, labels, network
        self.models, self.round, self.sent, self.blobs = [], 0, {}, {}

    @property
    def model(self):
        return self.models[-1]

    def train(self, rows, generator, labels=None, epochs=1):
        """The change that local training on some rows makes."""
        y = (self.labels if labels is None else labels)[rows]
        return self.network.trained(self.model, self.features[rows], y, generator, epochs) - self.model

    def delta(self, back=1):
        """The change of the model `back` rounds ago."""
        return self.models[-back].astype(np.float64) - self.models[-back - 1]


class Outcome:
    """What a federation came to."""

    def __init__(self, members, ledger, view, held_out, audit):
        self.paid = {member.name: ledger.paid(member.participant.public_key) for member in members}
        self.members, self.ledger, self.view, self.held_out, self.audit = members, ledger, view, held_out, audit
        honest = [self.paid[member.name] for member in members if not member.attacks]
        self.honest = np.array(honest)

    @property
    def ratio(self):
        """What all attackers' keys got together, over the mean of the honest; 0 where nobody was paid."""
        mean = self.honest.mean() if len(self.honest) else 0
        taken = sum(self.paid[member.name] for member in self.members if member.attacks)
        return taken / mean if mean else float("inf") if taken else 0.0

    @property
    def accuracy(self):
        x, y = self.held_out
        return self.view.network.accuracy(self.view.models[-1].astype(np.float64), x, y)

    @property
    def spread(self):
        """The coefficient of variation of the honest members' pay, and the smallest over the median."""
        middle = float(np.median(self.honest))
        return float(self.honest.std() / self.honest.mean()), float(self.honest.min() / middle) if middle else 0.0

    def refusals(self):
        """How often attackers' contributions were refused, by reason."""
        found = {}
        for member in self.members:
            for reply in member.replies if member.attacks else []:
                if not reply.accepted:
                    found[reply.reason] = found.get(reply.reason, 0) + 1
        return found

    def notes(self):
        """What attackers noted, and how often."""
        found = {}
        for member in self.members:
            for what, count in member.notes.items():
                found[what] = found.get(what, 0) + count
        return found


class Federation:
    """Members around a coordinator, for one task after another."""

    # So many questions without an order, in no less time: no round opens and no task closes.
    STALLED_POLLS, STALLED_SECONDS = 10, 10.0

    def __init__(self, coordinator, members, seed, is_public_set=False):
        """`is_public_set`: the coordinator validates on a part of the public digits, not on examples of its own."""
        self.coordinator, self.members, self.seed = coordinator, members, seed
        self.features, self.labels = digits()
        self.random = np.random.default_rng(seed)
        # Every part has the classes in the proportions of the whole: with others, equal work is not worth the same.
        drawn_by = seed if is_public_set else PRIVATE_SEED + seed
        counts = (VALIDATION, TEST) if is_public_set else (0, HELD_OUT)
        self.training, self.validation, self.test = split_by_seed(self.labels, *counts, drawn_by)
        self.data = "digits" if is_public_set else self._write(self.test)
        self._deal()
        for member in members:
            self._register(member)

    def _register(self, member):
        member.participant = self.coordinator.participant(member.name, **member.options)

    def join(self, member):
        """Takes in one more member, who brings its own rows."""
        self._register(member)
        self.members.append(member)

    def _write(self, rows):
        """A file of examples for the coordinator alone."""
        path = os.path.join(self.coordinator.folder, "held-out.csv")
        table = np.c_[self.features[rows].astype(np.float64), self.labels[rows]]
        np.savetxt(path, table, delimiter=",", fmt=["%.4f"] * self.features.shape[1] + ["%d"])
        return path

    def _deal(self):
        """Gives everybody who brings no rows of its own an equal share of the training rows."""
        workers = [member for member in self.members if member.rows is None]
        shares = np.array_split(self.random.permutation(self.training), max(1, len(workers)))
        for member, share in zip(workers, shares):
            member.rows = share
        self.usual_count = len(shares[0])

    def view(self, hidden):
        return View(self.features, self.labels, Network([64, *hidden, 10]))

    def open(self, name, rounds, hidden, terms, quorum=None, deadline_seconds=600, options=(),
             size=None):
        """Opens a task for the members, or for `size` participants."""
        for member in self.members:
            member.participant.work()  # who was not heard of lately is not invited
        size = size or len(self.members)
        text = formats.task_text(
            self.coordinator.version, name, self.seed, rounds, hidden, size, quorum or size, deadline_seconds, terms,
            self.usual_count)
        task, said = self.coordinator.open_task(text, self.data, *options)
        if task is None:
            raise NotOpened(said)
        return task

    def play(self, name="attacked", rounds=20, hidden=(64,), terms=None, audit=True, on_round=None, **options):
        """Opens a task, drives it to its close, and reads what everybody was paid."""
        task = self.open(name, rounds, hidden, terms or formats.Terms(), **options)
        view = self.view(hidden)
        while orders := self.orders():
            view.round = next(iter(orders.values())).round
            self._round(view, orders)
            if on_round:
                on_round(view, task)
        ledger = Ledger(self.coordinator.operator, task)
        if ledger.model:
            view.models.append(self.model(ledger.model)[1])
        held_out = self.features[self.test], self.labels[self.test]
        return Outcome(self.members, ledger, view, held_out, self.coordinator.audit() if audit else None)

    def orders(self):
        """Everybody's order for the round that is open; empty when every task is closed or the task stands still."""
        orders, waiting, polls, began = {}, list(self.members), 0, time.monotonic()
        while waiting and (polls < self.STALLED_POLLS or time.monotonic() < began + self.STALLED_SECONDS):
            order, is_over = waiting[0].participant.work(1_000)
            if is_over:
                return {}
            if order:
                orders[waiting.pop(0).name] = order
                polls, began = 0, time.monotonic()
            polls += 1
        return orders

    def model(self, digest):
        """A model file's header and values."""
        blob = self.coordinator.operator.blob(digest)
        start = 8 + int.from_bytes(blob[:8], "little")
        return blob[:start], np.frombuffer(blob[start:], "<f4").astype(np.float32)

    def _round(self, view, orders):
        base = next(iter(orders.values())).base_model
        header, values = self.model(base)
        view.models.append(values)
        view.sent, view.blobs = {}, {}
        for place, member in enumerate(self.members):
            order = orders.get(member.name)
            generator = np.random.default_rng([self.seed, view.round, place])
            change = member.strategy(view, member, generator) if order else None
            if change is None:
                member.participant.leave()  # nobody waits for it
                continue
            change = on_grid(change)
            count = member.examples or len(member.rows) or self.usual_count
            blob = header + change.tobytes()
            view.sent[member.name], view.blobs[member.name] = change, blob
            try:
                send = member.deliver or self.deliver
                member.replies += send(view, member, order, blob, count)
            except Refused as refusal:
                raise Unprepared(f"round {view.round}, {member.name}: {refusal}") from refusal

    @staticmethod
    def deliver(view, member, order, blob, count):
        return [member.participant.send(order, blob, view.network.count, count)]
