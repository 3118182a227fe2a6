"""A coordinator of our own with an open round, and everybody who may talk to it."""
import hashlib
import os
import random
import signal
import socket
import ssl
import subprocess
import time

import wire
from link import SIGNERS, Link, request

TASK = """name: fuzzed
seed: 1
rounds: 3
schema: { features: 64, classes: 10 }
model: { hidden: [4096] }
training: { epochs: 1, batch: 10, learning_rate: 0.1 }
cohort: { size: 2, quorum: 2, deadline_s: 86400 }
reward: { score: samples, pool: "3", samples_cap: 1000 }
"""


class Unprepared(Exception):
    """The world could not be set up: no finding about the endpoints, but nothing can be said about them either."""


class World:
    """One coordinator process, and the keys and tokens of everybody around it."""

    def __init__(self, program, folder, seed, strangers=24):
        self.program, self.folder = program, folder
        self.home, self.log = os.path.join(folder, "coordinator"), os.path.join(folder, "coordinator.log")
        self.random = random.Random(f"world {seed}")
        self.process, self.peak_kib = None, 0
        self.stranger_count = strangers
        self.opening = wire.message((1, TASK), (2, "digits"), (3, 20), (4, 20))

    # The process.

    def command(self, *words):
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unprepared(f"tributary {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command("coordinator", "init", "--home", self.home, "--listen", f"127.0.0.1:{self.port}")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "coordinator", "run", "--home", self.home], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        with open(os.path.join(self.home, "tls", "certificate.pem"), encoding="ascii") as file:
            text = file.read()
        end = "-----END CERTIFICATE-----"
        self.pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)])).digest()
        with open(os.path.join(self.home, "coordinator.key"), encoding="ascii") as file:
            self.secret = file.read().strip()
        self.operator_key = wire.Key(bytes.fromhex(self.secret))
        self.await_ready()

    def await_ready(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                link = Link(self.port, self.pin, "127.0.0.1")
                link.send(request("GET", "/readyz"))
                if (answer := link.read()) and answer.status == 200:
                    return link.close()
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unprepared("the coordinator does not answer:\n" + self.log_text()[-2000:])
            time.sleep(0.02)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def status(self, name):
        """A figure of the process, such as VmHWM in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    # Well-behaved clients.

    def call(self, method, path, body=b"", token=None, expected=(200,)):
        """One request that must be carried out; its answer's fields, or its bytes where it is none."""
        link = Link(self.port, self.pin, "127.0.0.1", seconds=40)
        for _ in range(50):
            link.send(request(method, path, body, token))
            answer = link.read()
            if answer is None or answer.status != 429:
                break
            time.sleep(0.1)
        link.close()
        if answer is None or answer.status not in expected:
            raise Unprepared(f"{method} {path}: {answer and (answer.status, answer.body)!r}")
        return answer.body

    def session(self, key, role):
        challenge = wire.fields(self.call("POST", "/v1/sessions/challenge", wire.message((1, key.public))))
        nonce, number = wire.first(challenge, 1), wire.ROLES[role]
        body = wire.message(
            (1, key.public), (2, nonce), (3, key.prove(nonce, self.origin, number)), (4, number))
        token = wire.first(wire.fields(self.call("POST", "/v1/sessions", body)), 1).decode()
        SIGNERS[token] = (key.sign, self.origin)
        return token

    def participant(self, label):
        key = self.new_key()
        token = self.session(key, "participant")
        body = wire.message((1, label), (2, self.invitation))
        number = wire.first(wire.fields(self.call("POST", "/v1/participants", body, token)), 1, 0)
        return key, token, number

    def new_key(self, generator=None):
        return wire.Key((generator or self.random).randbytes(32))

    def order(self, token, round_number=0):
        """The training order that a participant is given."""
        for _ in range(20):
            work = wire.fields(self.call("POST", "/v1/work", wire.message((1, 2_000)), token))
            if 1 in work:
                return wire.fields(work[1][0])
        raise Unprepared(f"no training order for round {round_number}: {work!r}")

    def fetch(self, digest, token):
        outline = wire.fields(self.call("GET", f"/v1/blobs/{digest.hex()}", token=token))
        parts = [
            self.call("GET", f"/v1/blobs/{digest.hex()}/chunks/{place}", token=token)
            for place in range(len(outline[2]))
        ]
        return b"".join(parts)

    def prepare(self):
        """Participants, one of them banned; a task with an open round; one contribution that is in, one that is not."""
        info = wire.fields(self.call("GET", "/v1/coordinator"))
        self.origin = wire.first(info, 1).decode()
        self.operator = self.session(self.operator_key, "operator")
        invitation = wire.fields(self.call("POST", "/v1/invitations", wire.message(), self.operator))
        self.invitation = wire.first(invitation, 1).decode()
        self.first_key, self.first, _ = self.participant("first")
        self.second_key, self.second, _ = self.participant("second")
        for token in (self.first, self.second):
            self.call("POST", "/v1/work", wire.message(), token)
        opened = wire.fields(self.call("POST", "/v1/tasks", self.opening, self.operator))
        self.task = wire.first(opened, 1)
        self.orders = {token: self.order(token) for token in (self.first, self.second)}
        self.model = wire.first(self.orders[self.first], 3)
        self.make_update(self.first, bytes(4))
        self.contribute(self.first_key, self.first)
        self.first_digest = self.digest
        self.make_update(self.second, b"\x00\x00\x80\x3a")  # 2^-10: on the grid
        self.strangers = [self.participant(f"stranger-{place}") for place in range(self.stranger_count)]
        self.auditors = [self.session(self.new_key(), "auditor") for _ in range(8)]
        self.unregistered = self.session(self.new_key(), "participant")
        self.banned_key, self.banned, self.banned_number = self.participant("banned")
        ban = wire.message((1, 1), (2, "a test"))
        self.call("POST", f"/v1/participants/{self.banned_number}/ban", ban, self.operator, expected=(204,))
        _, _, self.scapegoat = self.participant("scapegoat")
        self.hammers = [self.session(self.new_key(), "auditor") for _ in range(8)]
        self.stale = self.stale_token()
        self.ledger_size = wire.first(
            wire.fields(self.call("GET", "/v1/ledger/entries?from=0&count=1", token=self.auditors[0])), 2, 0)

    def make_update(self, token, value):
        """An update: the model's file with zeros for values but for the last one."""
        model = self.fetch(self.model, self.first)
        self.model_outline = wire.manifest(model)[0]
        header = 8 + int.from_bytes(model[:8], "little")
        self.update = model[:header] + bytes(len(model) - header - 4) + value
        self.outline, self.digest = wire.manifest(self.update)
        self.samples = {"parameters": (len(model) - header) // 4, "examples": 100, "bytes": self.update}
        order = self.orders[token]
        self.announcement = wire.message((1, wire.first(order, 1)), (2, wire.first(order, 2, 0)), (3, self.outline))

    def upload(self, token):
        path = f"/v1/updates/{self.digest.hex()}"
        self.call("POST", path, self.announcement, token)
        for place, chunk in enumerate(wire.chunks(self.update)):
            self.call("PUT", f"{path}/chunks/{place}", chunk, token, expected=(204,))

    def contribute(self, key, token):
        """A contribution as it should be; must be accepted."""
        self.upload(token)
        body = wire.statement(self.orders[token], key, self.digest, self.samples, self.random.randbytes(16))
        self.accepted = wire.contribution(body, key)
        reply = wire.fields(self.call("POST", "/v1/contributions", self.accepted, token))
        if wire.first(reply, 1, 0) != 1:
            raise Unprepared(f"a contribution as it should be was not accepted: {reply!r}")
        self.accepted_sequence = wire.first(reply, 2, 0)

    def stale_token(self):
        """A token that was good: a key has at most four sessions."""
        key = self.new_key()
        oldest = self.session(key, "auditor")
        for _ in range(4):
            self.session(key, "auditor")
        return oldest

    def finish(self):
        """The contribution that is still missing; the round must be sealed then, and the next one open."""
        self.contribute(self.second_key, self.second)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            tasks = wire.fields(self.call("GET", "/v1/tasks", token=self.operator))
            mine = [wire.fields(task) for task in tasks[1] if wire.first(wire.fields(task), 1) == self.task]
            if mine and wire.first(mine[0], 3, 0) > 0:
                return True
            time.sleep(0.05)
        return False
