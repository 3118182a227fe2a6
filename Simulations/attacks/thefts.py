"""Ways to contribute an update that is somebody else's. Each delivers as Federation.deliver does."""
import os

import numpy as np

from client import AUDITOR, Refused, Reply, Session
from formats import ACCEPTED
from wire import Message, chunk_hashes, root


def empty_update(blob):
    """An update of zeros but for one step of the grid, with the header of another update's file."""
    start = 8 + int.from_bytes(blob[:8], "little")
    values = np.zeros((len(blob) - start) // 4, "<f4")
    values[int.from_bytes(os.urandom(4), "little") % len(values)] = 2.0 ** -24
    return blob[:start] + values.tobytes()


def attempt(action):
    """A reply, also where the coordinator does not carry the request out."""
    try:
        return action()
    except Refused as refusal:
        return Reply(False, refusal.code or str(refusal.status), str(refusal))


def or_nothing(reply, member, order, blob, view, count):
    """The replies; after a refusal an empty update is sent too, so that the round needs not wait for its deadline."""
    if reply.accepted:
        return [reply]
    return [reply, member.participant.send(order, empty_update(blob), view.network.count, count)]


def digest_in_ledger(link, order, own_key):
    """The first digest of somebody else in the open round, as a new key's auditor session finds it in the ledger."""
    for data in Session(link, AUDITOR).entries():
        entry = Message(data)
        if not entry.has(ACCEPTED):
            continue
        statement = Message(entry.message(ACCEPTED).bytes(1))
        if (statement.bytes(1), statement.number(2)) == (order.task, order.round) and statement.bytes(3) != own_key:
            return statement.bytes(6)
    return None


def by_digest(examples=None, is_known=False):
    """Announces another's digest and signs an own statement over it, without having the bytes.

    The digest is read in the ledger; where `is_known`, the thief has it from elsewhere.
    """
    def deliver(view, member, order, blob, count):
        participant = member.participant
        hashes = chunk_hashes(view.blobs["h0"]) if is_known else None
        if not is_known:
            found = digest_in_ledger(participant.link, order, participant.public_key)
            hashes = [found] if found else None  # an update of one chunk: its hash is its digest
        if hashes is None:
            member.note("no digest to steal")
            return [participant.send(order, empty_update(blob), view.network.count, count)]

        def steal():
            if participant.announce(order, root(hashes), len(blob), hashes):
                member.note("bytes asked for")
            return participant.contribute(participant.statement(
                order, root(hashes), view.network.count, examples or count, participant.possession(b"")))
        return or_nothing(attempt(steal), member, order, blob, view, count)
    return deliver


def by_bytes(view, member, order, blob, count):
    """Sends a copy of another's leaked bytes, with a proof of possession of its own."""
    reply = attempt(lambda: member.participant.send(order, blob, view.network.count, count))
    return or_nothing(reply, member, order, blob, view, count)
