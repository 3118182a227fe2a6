"""What somebody else can read of a task: while a round is open, when it is sealed, and after the close."""
import os
import re

import formats
from client import Refused
from federation import Ledger, Unprepared
from formats import Terms
from open_round import Round
from row import Result
from thefts import attempt
from wire import Message, chunk_hashes, root


def is_rounded(metrics):
    """Whether losses have at most two significant decimal digits, and the accuracy is a whole percentage."""
    losses = [str(abs(metrics.signed(field))).rstrip("0") for field in (1, 2, 4)]
    return all(len(digits) <= 2 for digits in losses) and metrics.number(3) % 10_000 == 0 and not metrics.has(5)


class Reader:
    """A participant and an unlisted auditor who ask for everything that is not theirs, and note what they are given."""

    LABELS = ["h0", "h1", "h2", "watcher", "asks for h0's", "asks for nobody's"]

    def __init__(self, coordinator, seed, terms):
        self.round = Round(coordinator, self.LABELS, seed, terms=terms)
        self.watcher, self.auditor = self.round.members[3].participant, coordinator.auditor()
        self.seen = []

    def probe(self, what, action):
        try:
            if action():
                self.seen.append(what)
        except Refused:
            pass

    def probe_blob(self, when, digest):
        """Another's update."""
        place = f"/v1/blobs/{digest.hex()}"
        for session, who in ((self.auditor, "auditor"), (self.watcher, "participant")):
            self.probe(f"manifest {when} ({who})", lambda: session.ask("GET", place))
            self.probe(f"bytes {when} ({who})", lambda: session.ask("GET", place + "/chunks/0"))

    def summaries(self):
        return [Message(task) for task in self.watcher.read("GET", "/v1/tasks").all(1)]

    def while_open(self):
        """One other member has contributed. Returns its update's digest."""
        blob, reply = self.round.send(self.round.members[0])
        hashes = chunk_hashes(blob)
        for session, who in ((self.auditor, "auditor"), (self.watcher, "participant")):
            self.probe(f"statements ({who})", lambda: Ledger(session, self.round.task).accepted.get(1))
            self.probe(f"receipt ({who})", lambda: session.ask("GET", f"/v1/receipts/{reply.sequence}"))
        self.probe_blob("of the open round", root(hashes))
        base = self.round.orders["h0"].base_model.hex()
        self.probe("model before the close (auditor)", lambda: self.auditor.ask("GET", f"/v1/blobs/{base}"))
        self.probe("how many have sent", lambda: any(task.number(6) for task in self.summaries()))
        self.probe("whether a digest was sent (upload)", lambda: not self.watcher.announce(
            self.round.orders["watcher"], root(hashes), len(blob), hashes))
        answers = [self.claim(member, digest)
                   for member, digest in zip(self.round.members[4:], (root(hashes), os.urandom(32)))]
        self.probe("whether a digest was sent (statement)", lambda: answers[0] != answers[1])
        attempt(lambda: self.round.send(self.round.members[3])[1])
        idle = self.watcher.read("POST", "/v1/work", {1: 0}).message(2).text(2)
        self.probe(f"who is waited for ({idle!r})", lambda: re.search(r"\d+ of \d+", idle) or any(
            label in idle for label in self.LABELS))
        return root(hashes)

    def claim(self, member, digest):
        """What a statement over bytes that were never sent is refused for."""
        participant, order = member.participant, self.round.orders[member.name]
        return attempt(lambda: participant.contribute(participant.statement(
            order, digest, self.round.view.network.count, 10, os.urandom(32)))).reason

    def when_sealed(self, digest, is_live):
        """Round 1 is over and round 2 open."""
        entries = [Message(data) for data in self.auditor.entries()]
        if not Ledger(self.auditor, self.round.task).accepted.get(1):
            raise Unprepared("an auditor is not shown the statements of a sealed round, so that reading proves nothing")
        if not is_live:
            self.probe("scores before the close", lambda: any(entry.has(formats.SCORES) for entry in entries))
            self.probe("exact losses before the close", lambda: not all(
                is_rounded(entry.message(formats.SEALED).message(9)) for entry in entries if entry.has(formats.SEALED)))
            self.probe("exact accuracy before the close", lambda: any(
                task.number(10) % 10_000 for task in self.summaries()))
        self.probe_blob("after the seal", digest)

    def when_closed(self, digest):
        if not any(Message(data).has(formats.SCORES) for data in self.auditor.entries()):
            raise Unprepared("an auditor is not shown the scores after the close, so that reading proves nothing")
        self.probe_blob("after the close", digest)


def reading(**terms):
    """A trial: everything that somebody else may ask for, from the open round to the close."""
    def trial(setting):
        with setting.coordinator() as coordinator:
            reader = Reader(coordinator, setting.seed, Terms(**terms))
            digest = reader.while_open()
            reader.round.send_rest()
            reader.round.begin()
            reader.when_sealed(digest, is_live=terms.get("disclosure") == "live")
            reader.round.send_rest()
            if reader.round.federation.orders():
                raise Unprepared("the task of two rounds does not close")
            reader.when_closed(digest)
        seen = list(dict.fromkeys(reader.seen))
        return Result(f"read: {', '.join(seen)}" if seen else "read nothing", not seen, read=seen)
    return trial
