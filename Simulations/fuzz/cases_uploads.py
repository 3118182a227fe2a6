"""Uploads, contributions, and blobs that are somebody else's.

A case is a function of a generator, a world and a judge; it raises Finding.
"""
import wire
from judge import Finding, quoted
from link import request
from table import MANIFEST_LIMIT, token, update_path


def wrong_chunk(r, w, j):
    """The right place of an upload that is announced, other bytes."""
    chunk = wire.chunks(w.update)[1]
    chunk = r.choice([chunk[:-1], chunk + b"x", r.randbytes(len(chunk)), r.randbytes(100), chunk[:1], b""])
    # A chunk that is there already is not read again: then the answer is 204, and the chunk stays as it is.
    j.ask(request("PUT", update_path(r, w) + "/chunks/1", chunk, w.second), {204, 400, 409, 413, 422}, closes=True)


def fresh_upload(r, w, j):
    """Another update of the right size: announced, then its chunks wrong, right, again, and out of range."""
    data = bytearray(w.update)
    data[-8:] = r.randbytes(8)
    outline, digest = wire.manifest(bytes(data))
    path = f"/v1/updates/{digest.hex()}"
    order = w.orders[w.second]
    announcement = wire.message((1, wire.first(order, 1)), (2, wire.first(order, 2, 0)), (3, outline))
    parts = wire.chunks(bytes(data))
    raw = request("POST", path, announcement, w.second)
    announced = j.ask(raw, {200})
    if not announced:
        return
    wrong = r.choice([parts[1][:-1], parts[1] + b"x", r.randbytes(len(parts[1])), parts[0], b""])
    # Others announce, too, and a participant has two uploads at most: this one may have given way.
    j.ask(request("PUT", f"{path}/chunks/1", wrong, w.second), {409, 413, 422} if wrong else {400, 409, 422})
    right = request("PUT", f"{path}/chunks/1", parts[1], w.second)
    j.ask(right, {204, 409})
    j.ask(right, {204, 409})
    place = r.choice([2, 3, 65_535, 65_536, (1 << 31) - 1, 1 << 32, (1 << 64) - 1, 1 << 64, -1, "x", "", "0x1", "%31"])
    j.ask(request("PUT", f"{path}/chunks/{place}", parts[1], w.second), {204, 400, 404, 409})
    j.ask(request("PUT", f"{path}/chunks/0", parts[0], r.choice(w.strangers)[1]), {403, 409})


def wrong_announcement(r, w, j):
    order = w.orders[w.second]
    task, number = wire.first(order, 1), wire.first(order, 2, 0)
    hashes = [wire.chunk_hash(chunk) for chunk in wire.chunks(w.update)]
    size = len(w.update)
    outline = lambda count, values: wire.message((1, count), *((2, value) for value in values))
    path, body, allowed = r.choice([
        (w.digest, (task, number, outline(size, hashes[::-1])), {400, 422}),
        (w.digest, (task, number, outline(size, hashes[:1])), {400, 409, 422}),
        (w.digest, (task, number, outline(size, hashes + hashes[:1])), {400, 409, 422}),
        (w.digest, (task, number, outline(size, [value[:31] for value in hashes])), {400, 422}),
        (w.digest, (task, number, outline(size + 1, hashes)), {400, 409, 422}),
        (w.digest, (task, number, outline(0, [])), {400, 409, 422}),
        (w.digest, (task, number, outline((1 << 64) - 1, hashes)), {400, 409, 413, 422}),
        (w.digest, (task, number, outline(60_000 << 20, [hashes[0]] * 60_000)), {400, 409, 413, 422}),
        (w.digest, (task, number, outline(1 << 40, [hashes[0]] * 65_537)), {400, 409, 413, 422}),
        (w.digest, (task, number + r.randint(1, 1 << 31), w.outline), {400, 409}),
        (w.digest, (r.randbytes(32), number, w.outline), {400, 404, 409}),
        (w.digest, (task[:31], number, w.outline), {400}), (w.digest, (b"", number, b""), {400, 409, 422}),
        (r.randbytes(32), (task, number, w.outline), {400, 422}),
    ])
    body = wire.message(*((place + 1, value) for place, value in enumerate(body)))
    j.ask(request("POST", f"/v1/updates/{path.hex()}", body, w.second), allowed, closes=len(body) > MANIFEST_LIMIT)


def unannounced(r, w, j):
    path = f"/v1/updates/{r.randbytes(32).hex()}/chunks/{r.randint(0, 3)}"
    j.ask(request("PUT", path, r.randbytes(r.choice([1, 1_000, 100_000])), w.second), {409})


def uninvited_upload(r, w, j):
    j.ask(request("POST", update_path(r, w), w.announcement, r.choice(w.strangers)[1]), {403, 409})


def foreign_update(r, w, j):
    """Nobody may read an update while its task is open; the answer is that for a made-up blob."""
    digest = r.choice([w.first_digest, w.digest, r.randbytes(32)]).hex()
    path = f"/v1/blobs/{digest}" + r.choice(["", "/chunks/0", "/chunks/1"])
    reader = r.choice([r.choice(w.strangers)[1], r.choice(w.auditors), w.first, w.second, w.operator])
    j.ask(request("GET", path, token=reader), {404})


def chunk_out_of_range(r, w, j):
    place = r.choice(
        [2, 3, 65_536, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, -1, "", "x", "1.0", "%00"])
    j.ask(request("GET", f"/v1/blobs/{w.model.hex()}/chunks/{place}", token=token(r, w, "any")), {400, 404}, bare=True)


def refused(j, raw, allowed):
    """Sends a contribution that must not be accepted."""
    answer = j.ask(raw, allowed)
    if answer and answer.status == 200:
        reply = wire.fields(answer.body)
        if wire.first(reply, 1, 0) or not wire.first(reply, 3):
            raise Finding(f"accepted, or refused without a reason: {reply!r}: {quoted(raw)}")


def forged_contribution(r, w, j):
    """The missing contribution, signed by others, with a signature that is none, or by means of a stolen token."""
    # The first one's update is there, the second one's is not: other refusals come first.
    update = r.choice([w.first_digest, w.digest])
    body = wire.statement(w.orders[w.second], w.second_key, update, w.samples, r.randbytes(16))
    good = w.second_key.sign("tributary/contribution/v1", body)
    flipped = bytearray(good)
    flipped[r.randrange(64)] ^= 1 << r.randrange(8)
    signature = r.choice([
        bytes(flipped), r.randbytes(64), good[:63], good + b"x", b"", bytes(64),
        w.new_key(r).sign("tributary/contribution/v1", body), w.second_key.sign("tributary/session/v1", body),
    ])
    bearer = r.choice([w.second, w.first, r.choice(w.strangers)[1]])
    raw = request("POST", "/v1/contributions", wire.message((1, body), (2, signature)), bearer)
    refused(j, raw, {200, 400, 403, 409})


def wrong_statement(r, w, j):
    """Signed as it should be, by the one who is missing or by a stranger, but of something else."""
    key, bearer = r.choice([(w.second_key, w.second), r.choice(w.strangers)[:2]])
    changed = r.choice([
        {"_1": r.randbytes(32)}, {"_2": r.randint(1, 1 << 32)}, {"_4": r.randbytes(32)}, {"_5": r.randbytes(32)},
        {"_6": r.randbytes(32)}, {"_7": r.choice([0, 1, 1 << 60])}, {"_8": 0}, {"_10": r.randbytes(15)}, {"_1": b""},
        {"_8": (1 << 64) - 1}, {"_11": r.randbytes(32)}, {"_3": r.randbytes(32)}, {"_3": b""}, {"_12": r.randbytes(31)},
    ])
    update = r.choice([w.first_digest, w.digest])
    body = wire.statement(w.orders[w.second], key, update, w.samples, r.randbytes(16), **changed)
    refused(j, request("POST", "/v1/contributions", wire.contribution(body, key), bearer), {200, 400, 403, 404, 409})


def replayed_contribution(r, w, j):
    """The accepted one again, with its own token or another's: the same answer, whoever brings it, or a refusal."""
    bearer = r.choice([w.first, w.first, w.second, r.choice(w.strangers)[1]])
    raw = request("POST", "/v1/contributions", w.accepted, bearer)
    answer = j.ask(raw, {200} if bearer == w.first else {200, 403})
    if answer and answer.status == 200:
        reply = wire.fields(answer.body)
        sequence = wire.first(reply, 2, 0)
        if wire.first(reply, 1, 0) and sequence != w.accepted_sequence or (bearer == w.first and not sequence):
            raise Finding(f"another answer to the same contribution: {reply!r} instead of {w.accepted_sequence}")


def second_contribution(r, w, j):
    """Another contribution of the one whose contribution is in."""
    body = wire.statement(w.orders[w.first], w.first_key, w.first_digest, w.samples, r.randbytes(16))
    refused(j, request("POST", "/v1/contributions", wire.contribution(body, w.first_key), w.first), {200, 409})
