"""Tokens, challenges, roles and bans.

A case is a function of a generator, a world and a judge; it raises Finding.
"""
import wire
from judge import Finding, quoted
from link import request
from table import ENDPOINTS, session_request, token, update_path, whole


def valid(r, w, j):
    endpoint = r.choice(ENDPOINTS)
    raw = whole(r, w, endpoint)
    answer = j.ask(raw, endpoint.ok)
    if answer and b"/chunks/" in raw[:200] and endpoint.method == "GET":
        place = int(raw[:200].split(b"/chunks/")[1].split(b" ")[0])
        if wire.chunk_hash(answer.body) != wire.fields(w.model_outline)[2][place]:
            raise Finding(f"a chunk without its hash: {quoted(raw)}")


def valid_session(r, w, j):
    key = w.new_key(r)
    answer = j.ask(request("POST", "/v1/sessions/challenge", wire.message((1, key.public))), {200})
    if not answer:
        return
    nonce = wire.first(wire.fields(answer.body), 1)
    raw = request("POST", "/v1/sessions", session_request(r, w, key, nonce=nonce))
    opened = j.ask(raw, {200})
    if opened:
        bearer = wire.first(wire.fields(opened.body), 1).decode()
        j.ask(request("GET", "/v1/tasks", token=bearer), {200})
        j.ask(raw, {401})  # the challenge is used up


def bad_challenge(r, w, j):
    """Someone else's challenge, one that never was, another origin, another role, flipped bits."""
    key, other = w.new_key(r), w.new_key(r)
    answer = j.ask(request("POST", "/v1/sessions/challenge", wire.message((1, key.public))), {200})
    if not answer:
        return
    nonce = wire.first(wire.fields(answer.body), 1)
    body = r.choice([
        lambda: session_request(r, w, other, nonce=nonce), lambda: session_request(r, w, key),
        lambda: session_request(r, w, key, nonce=nonce, origin="elsewhere.example"),
        lambda: session_request(r, w, key, nonce=nonce, flip=True),
        lambda: session_request(r, w, key, nonce=nonce[:16]),
    ])()
    j.ask(request("POST", "/v1/sessions", body), {400, 401})


def stolen_role(r, w, j):
    """Roles that a key does not have, or that there are not."""
    key, role = r.choice([(w.new_key(r), 4), (w.new_key(r), 3), (r.choice(w.strangers)[0], 4), (w.new_key(r), 0),
                          (w.new_key(r), r.randint(5, 1 << 31))])
    answer = j.ask(request("POST", "/v1/sessions/challenge", wire.message((1, key.public))), {200})
    if answer:
        nonce = wire.first(wire.fields(answer.body), 1)
        j.ask(request("POST", "/v1/sessions", session_request(r, w, key, nonce=nonce, role=role)), {400, 403})


def bad_token(r, w, j):
    endpoint = r.choice([endpoint for endpoint in ENDPOINTS if endpoint.role])
    good = r.choice(w.auditors)
    bearer = r.choice([
        w.stale, good[:-1], good + "A", good.swapcase(), r.randbytes(32).hex(), "A" * r.choice([1, 43, 44, 4_000]),
        r.randbytes(8).hex() + " " + good, "\x01\x02", "é".encode("latin-1"), "",
    ])
    # A header with control characters is no HTTP, so its refusal has no body.
    j.ask(whole(r, w, endpoint, bearer=bearer or " "), {400, 401}, bare=True)


def no_token(r, w, j):
    endpoint = r.choice([endpoint for endpoint in ENDPOINTS if endpoint.role])
    header = r.choice([
        [], [("Authorization", "")], [("Authorization", "Bearer")], [("Authorization", "Basic Zm9vOmJhcg==")],
        [("Authorization", w.operator)], [("Authorization", "Bearer"), ("Authorization", "Bearer x")],
        [("X-Authorization", "Bearer " + w.operator)], [("Cookie", "token=" + w.operator)],
    ])
    raw = request(endpoint.method, endpoint.path(r, w), endpoint.body(r, w), headers=header)
    j.ask(raw, {400, 401})


def wrong_role(r, w, j):
    endpoint = r.choice([endpoint for endpoint in ENDPOINTS if endpoint.forbidden])
    j.ask(whole(r, w, endpoint, bearer=token(r, w, r.choice(endpoint.forbidden))), {403})


def unregistered(r, w, j):
    path, body = r.choice([
        ("/v1/work", wire.message((1, 1))), (update_path(r, w), w.announcement), ("/v1/contributions", w.accepted)])
    answer = j.ask(request("POST", path, body, w.unregistered), {200, 403})
    if answer and answer.status == 200 and path != "/v1/contributions":
        raise Finding(f"{path} for a key that is not registered")


def bad_invitation(r, w, j):
    code = r.choice(["", "nonsense", w.invitation[:-1], w.invitation + "x", "-" * 64, "x" * 4_000, "ü"])
    body = wire.message((1, "nobody"), (2, code))
    j.ask(request("POST", "/v1/participants", body, w.unregistered), {400, 403})


def banned(r, w, j):
    path, body = r.choice([
        ("/v1/work", wire.message((1, 1))), (update_path(r, w), w.announcement),
        ("/v1/contributions", wire.contribution(
            wire.statement(w.orders[w.second], w.banned_key, w.digest, w.samples, r.randbytes(16)), w.banned_key)),
    ])
    # A ban ends sessions or forbids: either way nothing is done.
    j.ask(request("POST", path, body, w.banned), {401, 403})


def banned_session(r, w, j):
    answer = j.ask(request("POST", "/v1/sessions/challenge", wire.message((1, w.banned_key.public))), {200, 403})
    if answer and answer.status == 200:
        nonce = wire.first(wire.fields(answer.body), 1)
        body = session_request(r, w, w.banned_key, nonce=nonce, role=1)
        opened = j.ask(request("POST", "/v1/sessions", body), {200, 403})
        if opened and opened.status == 200:
            bearer = wire.first(wire.fields(opened.body), 1).decode()
            j.ask(request("POST", "/v1/work", wire.message((1, 1)), bearer), {403})
